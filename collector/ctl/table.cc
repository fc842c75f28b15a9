#include "collector/ctl/table.h"

#include <algorithm>

namespace steward::collector {
namespace {

const char* Escape(Colour colour) {
  switch (colour) {
    case Colour::kGood:
      return "\033[32m";
    case Colour::kBad:
      return "\033[31m";
    case Colour::kWarning:
      return "\033[33m";
    case Colour::kSoft:
      return "\033[2m";
    case Colour::kNone:
      break;
  }
  return "";
}

}  // namespace

std::size_t TextWidth(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 control characters are C2 80 to C2 9F in UTF-8.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += '?';
      ++i;
    } else {
      out += byte < 0x20 || byte == 0x7F ? '?' : text[i];
    }
  }
  return out;
}

std::string Coloured(std::string_view text, Colour colour, bool colours) {
  if (!colours || colour == Colour::kNone) return std::string(text);
  return std::string(Escape(colour)) + std::string(text) + "\033[0m";
}

void Table::Print(std::ostream& out, bool colours) const {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(TextWidth(heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], TextWidth(Printable(row[i].text)));
  }
  const auto print = [&](const std::vector<Cell>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = Printable(row[i].text);
      out << Coloured(text, row[i].colour, colours);
      if (i + 1 < row.size()) out << std::string(widths[i] - TextWidth(text) + 2, ' ');
    }
    out << '\n';
  };
  std::vector<Cell> headings;
  for (const std::string& heading : headings_) headings.emplace_back(heading, Colour::kSoft);
  print(headings);
  for (const auto& row : rows_) print(row);
}

}  // namespace steward::collector
