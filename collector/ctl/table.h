// Tables for people: columns as wide as their content, colours only where somebody looks.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace steward::collector {

enum class Colour { kNone, kGood, kBad, kWarning, kSoft };

struct Cell {
  std::string text;
  Colour colour = Colour::kNone;

  Cell(std::string content, Colour look = Colour::kNone) : text(std::move(content)), colour(look) {}  // NOLINT: a text is a cell
  Cell(const char* content) : text(content) {}                                                        // NOLINT
};

class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

  void AddRow(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // Control characters in cells are shown as "?": what a machine sends cannot steer the terminal.
  void Print(std::ostream& out, bool colours) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

// The columns that a UTF-8 text takes on a terminal, near enough: one a character.
std::size_t TextWidth(std::string_view text);

// With control characters as "?".
std::string Printable(std::string_view text);

std::string Coloured(std::string_view text, Colour colour, bool colours);

}  // namespace steward::collector
