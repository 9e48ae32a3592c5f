// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compiler/layout/blocks.h"
#include "compiler/layout/document.h"
#include "compiler/layout/parameter_text.h"
#include "compiler/layout/text_cursor.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"
#include "fabric/image/parse_color_config.h"

namespace csl::layout {
namespace {

using diagnostics::Kind;

constexpr uint32_t kMaxSize = 0x7fff;  // of a rectangle, as @set_rectangle has it
constexpr uint32_t kMaxNumber = 0xffffff;
constexpr uint32_t kMaxColor = 23;

class DocumentReader {
 public:
  DocumentReader(const DocumentContext& context, source::FileId file)
      : context_(context),
        file_(context.sources->file(file)),
        cursor_(file_, context.diagnostics) {}

  std::optional<Layout> Read() {
    if (!cursor_.NextLine()) {
      cursor_.Fail("'csl layout 1'");
      return std::nullopt;
    }
    if (!cursor_.Expect("csl") || !cursor_.Expect("layout") || !cursor_.Expect("1") ||
        !cursor_.ExpectEnd()) {
      return std::nullopt;
    }
    while (cursor_.NextLine()) {
      if (Line()) (void)cursor_.ExpectEnd();
    }
    if (context_.diagnostics->has_errors()) return std::nullopt;
    Complete();
    if (context_.diagnostics->has_errors()) return std::nullopt;
    return std::move(layout_);
  }

 private:
  // Each reads a line behind its first word; false when something was reported.
  bool Line();
  bool ReadRectangle();
  bool ReadFabric();
  bool ReadParam(std::vector<Binding>* bindings);
  bool ReadProgram();
  bool ReadTiles();
  bool ReadExport();
  bool ReadConfig();
  bool ReadColor();
  std::optional<Range> ReadRange(std::string_view what, uint32_t size);
  // "X, Y": the tiles of a block.
  bool ReadBlock(Block* block);
  // A reference to item `n` of a list, as far as it is written above.
  bool ReadIndex(std::string_view what, size_t count, uint32_t* index);

  bool WrongNumber(std::string_view what, size_t expected, uint32_t found);

  void Complete();
  bool Report(Kind kind, source::Span span, std::initializer_list<diagnostics::Argument> arguments,
              source::Span previous = {});

  const DocumentContext& context_;
  const source::File& file_;
  TextCursor cursor_;
  Layout layout_;
  source::Span rectangle_;
  bool in_program_ = false;  // indented lines belong to a program
  std::vector<Block> tiles_;
  std::vector<Block> colors_;
};

bool DocumentReader::Report(Kind kind, source::Span span,
                            std::initializer_list<diagnostics::Argument> arguments,
                            source::Span previous) {
  auto builder = context_.diagnostics->Report(kind, span, arguments);
  if (previous.begin.valid()) builder.Note(Kind::kNotePreviousHere, previous);
  return false;
}

// Items of a list are numbered as they come.
bool DocumentReader::WrongNumber(std::string_view what, size_t expected, uint32_t found) {
  return Report(Kind::kExpected, cursor_.Here(),
                {fmt::format("{} {}", what, expected), fmt::format("{} {}", what, found)});
}

bool DocumentReader::Line() {
  if (cursor_.is_indented()) {
    if (!in_program_) return cursor_.Fail("a line that is not indented, or a program before it");
    return ReadParam(&layout_.programs.back().bindings);
  }
  in_program_ = false;
  if (cursor_.Take("rectangle")) return ReadRectangle();
  if (cursor_.Take("fabric")) return ReadFabric();
  if (cursor_.Take("param")) return ReadParam(&layout_.root_bindings);
  if (cursor_.Take("program")) return ReadProgram();
  if (cursor_.Take("tiles")) return ReadTiles();
  if (cursor_.Take("export")) return ReadExport();
  if (cursor_.Take("color")) return cursor_.Take("config") ? ReadConfig() : ReadColor();
  return cursor_.Fail("rectangle, fabric, param, program, tiles, export or color");
}

bool DocumentReader::ReadRectangle() {
  const source::Span span = cursor_.Here();
  const auto width = cursor_.Number("the width", kMaxSize);
  if (!width || !cursor_.Expect("x")) return false;
  const auto height = cursor_.Number("the height", kMaxSize);
  if (!height) return false;
  if (layout_.rectangle.width != 0) {
    return Report(Kind::kExpected, span, {"one rectangle", "another one"}, rectangle_);
  }
  if (*width == 0 || *height == 0) {
    return Report(Kind::kExpected, span,
                  {"a width and a height of 1 at least", fmt::format("{} x {}", *width, *height)});
  }
  rectangle_ = span;
  layout_.rectangle = context_.fabric;
  layout_.rectangle.width = static_cast<uint16_t>(*width);
  layout_.rectangle.height = static_cast<uint16_t>(*height);
  return true;
}

bool DocumentReader::ReadFabric() {
  const source::Span span = cursor_.Here();
  const auto width = cursor_.Number("the width", kMaxSize);
  if (!width || !cursor_.Expect("x")) return false;
  const auto height = cursor_.Number("the height", kMaxSize);
  if (!height || !cursor_.Expect(",") || !cursor_.Expect("offset")) return false;
  const auto x = cursor_.Number("the offset", kMaxSize);
  if (!x || !cursor_.Expect(",")) return false;
  const auto y = cursor_.Number("the offset", kMaxSize);
  if (!y) return false;
  const Rectangle& f = context_.fabric;
  if (*width == f.fabric_width && *height == f.fabric_height && *x == f.offset_x &&
      *y == f.offset_y) {
    return true;
  }
  const std::string here = fmt::format("{} x {}, offset {}, {}", *width, *height, *x, *y);
  const std::string there = fmt::format("{} x {}, offset {}, {}", f.fabric_width, f.fabric_height,
                                        f.offset_x, f.offset_y);
  return Report(Kind::kExpected, span, {"the fabric of the command line, " + there, here});
}

bool DocumentReader::ReadParam(std::vector<Binding>* bindings) {
  const size_t begin = cursor_.position();
  const auto name = cursor_.Name("the name of a parameter");
  if (!name) return false;
  const source::Span span = cursor_.SpanFrom(begin);
  bool is_color_number = false;
  auto value = ReadBinding(cursor_, *context_.types, &is_color_number);
  if (!value) return false;
  for (const Binding& other : *bindings) {
    if (other.name == *name)
      return Report(Kind::kExpected, span, {"another name", fmt::format("'{}' again", *name)},
                    other.span);
  }
  bindings->push_back({*name, *std::move(value), span, is_color_number});
  return true;
}

bool DocumentReader::ReadProgram() {
  const auto number = cursor_.Number("the number of the program", kMaxNumber);
  if (!number) return false;
  if (*number != layout_.programs.size()) {
    return WrongNumber("program", layout_.programs.size(), *number);
  }
  const size_t begin = cursor_.position();
  const std::string path = cursor_.Rest();
  Program program;
  program.span = cursor_.SpanFrom(begin);
  in_program_ = true;
  const auto loaded = context_.resolver->Load(path, file_.id);
  if (loaded.ok()) {
    program.file = *loaded;
    program.file_name = context_.sources->file(*loaded).stable_name;
  } else {
    context_.diagnostics->Report(diagnostics::ImportProblem(loaded.status()), program.span);
  }
  layout_.programs.push_back(std::move(program));
  return true;
}

std::optional<Range> DocumentReader::ReadRange(std::string_view what, uint32_t size) {
  if (size == 0) {
    cursor_.Fail("the rectangle on a line before");
    return std::nullopt;
  }
  const auto first = cursor_.Number(what, size - 1);
  if (!first) return std::nullopt;
  if (!cursor_.Take("..")) return Range{*first, *first};
  const auto last = cursor_.Number(what, size - 1);
  if (!last) return std::nullopt;
  if (*last < *first) {
    cursor_.Fail(fmt::format("a range that ends at {} or later", *first));
    return std::nullopt;
  }
  return Range{*first, *last};
}

bool DocumentReader::ReadBlock(Block* block) {
  block->span = cursor_.Here();
  const auto x = ReadRange("a column", layout_.rectangle.width);
  if (!x || !cursor_.Expect(",")) return false;
  const auto y = ReadRange("a row", layout_.rectangle.height);
  if (!y) return false;
  block->x = *x;
  block->y = *y;
  return true;
}

bool DocumentReader::ReadIndex(std::string_view what, size_t count, uint32_t* index) {
  if (count == 0) return cursor_.Fail(fmt::format("a {} that a line before describes", what));
  const auto n = cursor_.Number(fmt::format("a {} that a line before describes", what),
                                static_cast<uint32_t>(count - 1));
  if (n) *index = *n;
  return n.has_value();
}

bool DocumentReader::ReadTiles() {
  Block block;
  if (!ReadBlock(&block) || !cursor_.Expect(":") || !cursor_.Expect("program")) return false;
  if (!ReadIndex("program", layout_.programs.size(), &block.what)) return false;
  tiles_.push_back(block);
  return true;
}

bool DocumentReader::ReadExport() {
  const auto number = cursor_.Number("the number of the export", kMaxNumber);
  if (!number) return false;
  if (*number != layout_.exports.size()) {
    return WrongNumber("export", layout_.exports.size(), *number);
  }
  ExportedName exported;
  const size_t begin = cursor_.position();
  const auto name = cursor_.Name("the name of the export");
  if (!name) return false;
  exported.name = *name;
  exported.span = cursor_.SpanFrom(begin);
  if (!cursor_.Expect(":")) return false;
  const auto type = ReadType(cursor_, *context_.types, &exported.inputs);
  if (!type) return false;
  exported.type = *type;
  exported.type_text = types::TypeText(*context_.types, *type);
  if (!types::IsHostVisible(*context_.types, *type)) {
    return Report(Kind::kExportNotHostVisible, exported.span, {exported.type_text});
  }
  if (context_.types->kind(*type) == types::Kind::kFn) {
    exported.kind = ExportKind::kFunc;
  } else {
    exported.is_mutable = cursor_.Take("var");
    if (!exported.is_mutable && !cursor_.Take("const")) return cursor_.Fail("var or const");
  }
  for (const ExportedName& other : layout_.exports) {
    if (other.name == *name) {
      return Report(Kind::kExportAgain, exported.span, {*name}, other.span);
    }
  }
  layout_.exports.push_back(std::move(exported));
  return true;
}

bool DocumentReader::ReadConfig() {
  const auto number = cursor_.Number("the number of the configuration", kMaxNumber);
  if (!number) return false;
  if (*number != layout_.color_configs.size()) {
    return WrongNumber("color config", layout_.color_configs.size(), *number);
  }
  if (!cursor_.Expect(":")) return false;
  const size_t begin = cursor_.position();
  const std::string text = cursor_.Rest();
  const auto config = image::ParseColorConfig(text);
  layout_.color_configs.push_back(config.ok() ? *config : image::ColorConfig());
  if (config.ok()) return true;
  return Report(Kind::kColorConfigText, cursor_.SpanFrom(begin), {config.status().message()});
}

bool DocumentReader::ReadColor() {
  const auto color = cursor_.Number("a color", kMaxColor);
  if (!color || !cursor_.Expect("of")) return false;
  Block block;
  block.color = *color;
  if (!ReadBlock(&block) || !cursor_.Expect(":") || !cursor_.Expect("config")) return false;
  if (!ReadIndex("color config", layout_.color_configs.size(), &block.what)) return false;
  colors_.push_back(block);
  return true;
}

void DocumentReader::Complete() {
  if (layout_.rectangle.width == 0) {
    const auto end = static_cast<uint32_t>(file_.text.size());
    Report(Kind::kExpected, file_.At(end), {"a line 'rectangle W x H'", "the end of the document"});
    return;
  }
  PlaceTiles(tiles_, rectangle_, *context_.diagnostics, &layout_);
  PlaceColors(colors_, *context_.diagnostics, &layout_);
}

}  // namespace

bool IsDocument(const std::filesystem::path& path) { return path.extension() == ".layout"; }

std::string ToDocument(const Layout& layout, const types::TypeStore& types) {
  return "csl layout 1\n" + ToString(layout, types);
}

std::optional<Layout> ReadDocument(const DocumentContext& context, source::FileId file) {
  return DocumentReader(context, file).Read();
}

}  // namespace csl::layout
