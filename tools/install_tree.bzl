# SPDX-License-Identifier: Apache-2.0
"""installed_tree: the folder that an installation consists of, as one Bazel output."""

def _place(target, file, destination):
    """Where `file` goes; below a destination that ends in "/" it keeps its path in its package."""
    if not destination.endswith("/"):
        return destination
    package = target.label.package + "/"
    path = file.short_path
    return destination + (path[len(package):] if path.startswith(package) else file.basename)

def _installed_tree_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    lines = []
    inputs = []
    for target, destination in ctx.attr.contents.items():
        for file in target.files.to_list():
            lines.append(_place(target, file, destination) + "\t" + file.path)
            inputs.append(file)
    listing = ctx.actions.declare_file(ctx.label.name + ".files")
    ctx.actions.write(listing, "\n".join(sorted(lines)) + "\n")
    ctx.actions.run(
        executable = ctx.executable._lay_out,
        arguments = [listing.path, ctx.file.version.path, tree.path],
        inputs = inputs + [listing, ctx.file.version],
        outputs = [tree],
        mnemonic = "InstalledTree",
    )
    return [DefaultInfo(files = depset([tree]), runfiles = ctx.runfiles([tree]))]

installed_tree = rule(
    implementation = _installed_tree_impl,
    doc = "Copies files to their places below one folder, and writes its share/manifest.json.",
    attrs = {
        "contents": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "What goes where: a path of the tree, or a folder of it, with \"/\" at the end.",
        ),
        "version": attr.label(allow_single_file = True, doc = "A file with the project's version."),
        "_lay_out": attr.label(
            default = "//tools:lay_out_tree",
            executable = True,
            cfg = "host",
        ),
    },
)
