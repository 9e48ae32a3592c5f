// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "compiler/ir/parse_function.h"
#include "compiler/ir/text.h"

namespace csl::ir {
namespace {

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

Status At(size_t line, const Status& status) {
  return InvalidArgument("line " + std::to_string(line + 1) + ": " + status.message());
}

void ParseHex(TextCursor& cursor, std::vector<uint8_t>& bytes) {
  const std::string digits = cursor.Word();
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(digits[i]) << 4 | digit(digits[i + 1])));
  }
}

void ParseRelocation(TextCursor& cursor, const SymbolNames& names, Global& global) {
  Relocation r;
  r.offset = static_cast<uint32_t>(cursor.Number());
  r.is_function = cursor.Take("&");
  if (!r.is_function) cursor.Expect("@");
  const auto& table = r.is_function ? names.functions : names.globals;
  const auto it = table.find(cursor.Name());
  if (it == table.end()) return cursor.Fail("unknown symbol in a relocation");
  r.symbol = it->second;
  if (cursor.PeekIs('+') || cursor.PeekIs('-')) {
    r.addend = static_cast<int32_t>(cursor.SignedNumber());
  }
  global.relocations.push_back(r);
}

Status ParseGlobal(std::string_view line, const SymbolNames& names, Module& module) {
  const Location location = TakeLocation(line);
  TextCursor cursor(line);
  cursor.Expect("global");
  cursor.Expect("@");
  Global& g = module.globals[names.globals.at(cursor.Name())];
  g.location = location;
  cursor.Expect("size");
  g.size_bytes = static_cast<uint32_t>(cursor.Number());
  cursor.Expect("align");
  g.alignment = static_cast<uint32_t>(cursor.Number());
  g.is_const = cursor.Take("const");
  if (cursor.Take("export")) g.linkage = Linkage::kExport;
  if (cursor.Take("extern")) g.linkage = Linkage::kExtern;
  g.is_used = cursor.Take("used");
  if (cursor.Take("section")) g.section = cursor.Quoted();
  if (cursor.Take("type")) g.type_text = cursor.Quoted();
  if (cursor.Take("=")) {
    cursor.Expect("hex");
    ParseHex(cursor, g.bytes);
  }
  while (cursor.ok() && cursor.Take("reloc")) ParseRelocation(cursor, names, g);
  if (!cursor.AtEnd()) cursor.Fail("unexpected text at the end of the line");
  return cursor.ok() ? OkStatus() : InvalidArgument(cursor.error());
}

// Makes every function and global, so that bodies may name later ones.
Status Declare(const std::vector<std::string_view>& lines, Module& module, SymbolNames& names) {
  for (size_t i = 0; i < lines.size(); ++i) {
    TextCursor cursor(lines[i]);
    if (cursor.Take("func")) {
      cursor.Expect("&");
      const std::string name = cursor.Name();
      const FunctionId id = module.AddFunction(name);
      if (!names.functions.emplace(name, id.index).second) {
        return At(i, InvalidArgument("second function &" + name));
      }
    } else if (cursor.Take("global")) {
      cursor.Expect("@");
      Global global;
      global.name = cursor.Name();
      const std::string name = global.name;
      const GlobalId id = module.AddGlobal(std::move(global));
      if (!names.globals.emplace(name, id.index).second) {
        return At(i, InvalidArgument("second global @" + name));
      }
    }
    if (!cursor.ok()) return At(i, InvalidArgument(cursor.error()));
  }
  return OkStatus();
}

// Lines from `first` (the header) on; returns the index of the line after the function.
StatusOr<size_t> ParseOneFunction(const std::vector<std::string_view>& lines, size_t first,
                                  const SymbolNames& names, Module& module) {
  std::string_view header = lines[first];
  const Location location = TakeLocation(header);
  TextCursor cursor(header);
  cursor.Expect("func");
  cursor.Expect("&");
  Function& function = module.functions[names.functions.at(cursor.Name())];
  function.location = location;
  FunctionParser parser(module, function, names);
  if (Status status = parser.Header(cursor); !status.ok()) return At(first, status);
  if (function.is_external) return first + 1;
  for (size_t i = first + 1; i < lines.size(); ++i) {
    if (lines[i] == "}") {
      if (Status status = parser.Finish(); !status.ok()) return At(i, status);
      return i + 1;
    }
    if (lines[i].empty()) continue;
    if (Status status = parser.Line(lines[i]); !status.ok()) return At(i, status);
  }
  return At(lines.size(), InvalidArgument("function &" + function.name + " has no end"));
}

}  // namespace

StatusOr<Module> ParseModule(std::string_view text) {
  const auto lines = SplitLines(text);
  Module module;
  SymbolNames names;
  RETURN_IF_ERROR(Declare(lines, module, names));
  for (size_t i = 0; i < lines.size();) {
    TextCursor cursor(lines[i]);
    if (cursor.AtEnd() || cursor.Take("//")) {
      ++i;
    } else if (cursor.Take("module")) {
      module.name = cursor.Quoted();
      ++i;
    } else if (cursor.Take("fp16")) {
      const std::string format = cursor.Word();
      const auto found = isa::FindFp16Format(format);
      if (!found)
        return At(i, InvalidArgument("'" + format + "' is not a format of 16-bit floats"));
      module.fp16_format = *found;
      ++i;
    } else if (cursor.Take("file")) {
      module.AddFile(cursor.Quoted());
      ++i;
    } else if (cursor.Take("global")) {
      if (Status status = ParseGlobal(lines[i], names, module); !status.ok()) return At(i, status);
      ++i;
    } else if (cursor.Take("func")) {
      ASSIGN_OR_RETURN(i, ParseOneFunction(lines, i, names, module));
    } else {
      return At(i, InvalidArgument("neither module, file, global nor func"));
    }
    if (!cursor.ok()) return At(i, InvalidArgument(cursor.error()));
  }
  return module;
}

}  // namespace csl::ir
