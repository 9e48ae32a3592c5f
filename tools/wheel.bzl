# SPDX-License-Identifier: Apache-2.0
"""wheel: a folder with a Python wheel and the libraries that its native module needs."""

def _wheel_impl(ctx):
    folder = ctx.actions.declare_directory(ctx.label.name)
    lines = []
    inputs = [ctx.file.version, ctx.file.license, ctx.file.readme]
    for target, destination in ctx.attr.contents.items():
        package = target.label.package + "/"
        for file in target.files.to_list():
            path = file.short_path
            place = destination
            if destination == "" or destination.endswith("/"):
                place += path[len(package):] if path.startswith(package) else file.basename
            lines.append(place + "\t" + file.path)
            inputs.append(file)
    listing = ctx.actions.declare_file(ctx.label.name + ".files")
    ctx.actions.write(listing, "\n".join(sorted(lines)) + "\n")
    arguments = ctx.actions.args()
    arguments.add(ctx.attr.distribution)
    arguments.add_all([ctx.file.version, ctx.file.license, ctx.file.readme, listing])
    arguments.add(folder.path)
    ctx.actions.run(
        executable = ctx.executable._make,
        arguments = [arguments],
        inputs = inputs + [listing],
        outputs = [folder],
        mnemonic = "Wheel",
    )
    return [DefaultInfo(files = depset([folder]), runfiles = ctx.runfiles([folder]))]

wheel = rule(
    implementation = _wheel_impl,
    doc = "A folder with one wheel, for the Python that it is built with.",
    attrs = {
        "contents": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "What goes where; a place that is empty or ends in \"/\" keeps package paths.",
        ),
        "distribution": attr.string(doc = "The name, as in `pip install NAME`."),
        "license": attr.label(allow_single_file = True),
        "readme": attr.label(allow_single_file = True, doc = "The description, in Markdown."),
        "version": attr.label(allow_single_file = True),
        "_make": attr.label(default = "//tools:make_wheel", executable = True, cfg = "host"),
    },
)
