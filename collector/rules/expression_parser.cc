// Recursive descent over the text of an expression.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "base/duration.h"
#include "base/text.h"
#include "collector/config/table_reader.h"
#include "collector/rules/expression.h"
#include "re2/re2.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kWindowMax = absl::Hours(24 * 400);

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, absl::Span<const std::string> names, std::vector<Selector>& selectors)
      : text_(text), names_(names), selectors_(selectors) {}

  absl::StatusOr<Expression> Parse() {
    Expression expression;
    if (text_.size() > Expression::kBytesMax) {
      Fail(StrCat("is longer than ", Expression::kBytesMax, " bytes"));
    } else {
      expression.root_ = Or();
      Skip();
      if (!failed() && at_ < text_.size()) Fail(StrCat("\"", text_.substr(at_, 20), "\" is not expected here"));
    }
    if (failed()) return absl::InvalidArgumentError(error_);
    return expression;
  }

 private:
  using Node = Expression::Node;
  using Op = Expression::Op;

  bool failed() const { return !error_.empty(); }
  void Fail(std::string_view what) {
    if (!failed()) error_ = StrCat("column ", at_ + 1, ": ", what);
    at_ = text_.size();
  }

  void Skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  // Stays where it is if something else comes.
  bool Take(std::string_view sign) {
    const std::size_t before = at_;
    Skip();
    if (!text_.substr(at_).starts_with(sign)) {
      at_ = before;
      return false;
    }
    at_ += sign.size();
    return true;
  }
  bool TakeWord(std::string_view word) {
    Skip();
    const std::size_t end = at_ + word.size();
    if (!text_.substr(at_).starts_with(word)) return false;
    if (end < text_.size() && (IsNameStart(text_[end]) || IsDigit(text_[end]))) return false;
    at_ = end;
    return true;
  }
  void Expect(std::string_view sign) {
    if (!failed() && !Take(sign)) Fail(StrCat("a \"", sign, "\" is missing"));
  }
  std::string_view Name() {
    Skip();
    const std::size_t begin = at_;
    if (at_ < text_.size() && IsNameStart(text_[at_])) {
      while (at_ < text_.size() && (IsNameStart(text_[at_]) || IsDigit(text_[at_]))) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  static Node Make(Op op, Node left) {
    Node node;
    node.op = op;
    node.arguments.push_back(std::move(left));
    return node;
  }
  static Node Make(Op op, Node left, Node right) {
    Node node = Make(op, std::move(left));
    node.arguments.push_back(std::move(right));
    return node;
  }

  Node Or() {
    Node node = And();
    while (!failed() && TakeWord("or")) node = Make(Op::kOr, std::move(node), And());
    return node;
  }
  Node And() {
    Node node = Not();
    while (!failed() && TakeWord("and")) node = Make(Op::kAnd, std::move(node), Not());
    return node;
  }
  Node Not() {
    const Nested nested(*this);
    if (failed()) return {};
    if (TakeWord("not")) return Make(Op::kNot, Not());
    return Comparison();
  }
  Node Comparison() {
    constexpr std::array<std::pair<std::string_view, Op>, 6> kSigns = {{{"<=", Op::kLessEqual}, {">=", Op::kGreaterEqual},
                                                                        {"==", Op::kEqual}, {"!=", Op::kNotEqual},
                                                                        {"<", Op::kLess}, {">", Op::kGreater}}};
    Node node = Sum();
    for (const auto& [sign, op] : kSigns) {
      if (!failed() && Take(sign)) return Make(op, std::move(node), Sum());
    }
    if (!failed() && Take("=")) Fail("a comparison is written ==");
    return node;
  }
  Node Sum() {
    Node node = Product();
    while (!failed()) {
      if (Take("+")) node = Make(Op::kAdd, std::move(node), Product());
      else if (Take("-")) node = Make(Op::kSubtract, std::move(node), Product());
      else break;
    }
    return node;
  }
  Node Product() {
    Node node = Sign();
    while (!failed()) {
      if (Take("*")) node = Make(Op::kMultiply, std::move(node), Sign());
      else if (Take("/")) node = Make(Op::kDivide, std::move(node), Sign());
      else break;
    }
    return node;
  }
  Node Sign() {
    const Nested nested(*this);
    if (failed()) return {};
    if (Take("-")) return Make(Op::kNegate, Sign());
    return Primary();
  }

  Node Primary() {
    Skip();
    if (at_ == text_.size()) {
      Fail("the expression ends where a number or a metric is expected");
      return {};
    }
    if (Take("(")) {
      Node node = Or();
      Expect(")");
      return node;
    }
    if (IsDigit(text_[at_]) || text_[at_] == '.') return Literal();
    const std::size_t begin = at_;
    const std::string_view name = Name();
    if (name.empty()) {
      Fail(StrCat("\"", text_.substr(at_, 1), "\" is not expected here"));
      return {};
    }
    if (Take("(")) return Call(name, begin);
    Node node;
    if (name == "value") {
      node.op = Op::kValue;
      return node;
    }
    if (const auto known = std::find(names_.begin(), names_.end(), name); known != names_.end()) {
      node.op = Op::kLevel;
      node.index = static_cast<std::size_t>(known - names_.begin());
      return node;
    }
    return Series(name, begin);
  }

  Node Literal() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (IsDigit(text_[at_]) || text_[at_] == '.')) ++at_;
    Node node;
    if (!absl::SimpleAtod(ToAbsl(text_.substr(begin, at_ - begin)), &node.number)) {
      at_ = begin;
      Fail(StrCat("\"", text_.substr(begin, 20), "\" is no number"));
      return {};
    }
    if (at_ == text_.size() || !IsNameStart(text_[at_])) return node;
    constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {
        {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}};
    const std::size_t unit_at = at_;
    const std::string_view unit = Name();
    const auto known = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& one) { return one.first == unit; });
    if (known == kUnits.end()) {
      at_ = unit_at;
      Fail(StrCat("\"", unit, "\" is no unit; write s, m, h, d, kB, MB, GB or TB, or a space before the next word"));
      return {};
    }
    node.number *= known->second;
    return node;
  }

  // The name and "(" are taken.
  Node Call(std::string_view name, std::size_t begin) {
    constexpr std::array<std::pair<std::string_view, Reading>, 8> kReadings = {
        {{"rate", Reading::kRate}, {"increase", Reading::kIncrease}, {"events", Reading::kEvents}, {"least", Reading::kLeast},
         {"greatest", Reading::kGreatest}, {"average", Reading::kAverage}, {"median", Reading::kMedian},
         {"age", Reading::kAge}}};
    constexpr std::array<std::pair<std::string_view, Op>, 9> kFunctions = {
        {{"sum", Op::kSum}, {"mean", Op::kMean}, {"count", Op::kCount}, {"min", Op::kMin}, {"max", Op::kMax},
         {"default", Op::kDefault}, {"where", Op::kWhere}, {"exists", Op::kExists}, {"abs", Op::kAbs}}};
    for (const auto& [function, reading] : kReadings) {
      if (function == name) return Read(function, reading);
    }
    for (const auto& [function, op] : kFunctions) {
      if (function != name) continue;
      Node node = Make(op, Or());
      if (op == Op::kDefault || op == Op::kWhere) {
        Expect(",");
        if (!failed()) node.arguments.push_back(Or());
      }
      Expect(")");
      return node;
    }
    at_ = begin;
    Fail(StrCat("there is no function ", name, "; known: rate, increase, events, least, greatest, average, median, age, sum, mean, "
                "count, min, max, default, where, exists, abs"));
    return {};
  }

  Node Read(std::string_view function, Reading reading) {
    Skip();
    const std::size_t begin = at_;
    const std::string_view metric = Name();
    if (metric.empty()) {
      Fail(StrCat(function, " takes a metric: ", function, "(node_vmstat_oom_kill[1h])"));
      return {};
    }
    Node node = Series(metric, begin, reading == Reading::kEvents);
    node.reading = reading;
    Expect(")");
    if (failed()) return {};
    const bool has_window = selectors_[node.index].window > absl::ZeroDuration();
    const bool needs_window = reading != Reading::kRate && reading != Reading::kAge;
    if (needs_window && !has_window) Fail(StrCat(function, " needs a window: ", function, "(", metric, "[1h])"));
    if (reading == Reading::kAge && has_window) Fail("age takes no window");
    return node;
  }

  // The metric's name is taken.
  Node Series(std::string_view metric, std::size_t begin, bool from_zero = false) {
    Selector selector;
    selector.from_zero = from_zero;
    selector.metric = std::string(metric);
    const bool braces = Take("{");
    if (braces) Matchers(selector);
    if (!braces && metric.find('_') == std::string_view::npos) {
      at_ = begin;
      const auto nearest = NearestWord(metric, names_);
      Fail(StrCat("\"", metric, "\" is neither a metric nor a level of this rule",
                  nearest ? StrCat("; did you mean ", *nearest, "?") : StrCat("; its levels: ", absl::StrJoin(names_, ", "))));
      return {};
    }
    if (Take("[")) Window(selector);
    if (failed()) return {};
    selector.text = StrCat(from_zero ? "events of " : "", text_.substr(begin, at_ - begin));
    Node node;
    node.op = Op::kSeries;
    const auto same = std::find_if(selectors_.begin(), selectors_.end(), [&](const Selector& s) { return s.text == selector.text; });
    node.index = static_cast<std::size_t>(same - selectors_.begin());
    if (same != selectors_.end()) return node;
    if (selectors_.size() == Expression::kSelectorsMax) {
      Fail(StrCat("the rule reads more than ", Expression::kSelectorsMax, " metrics"));
      return {};
    }
    selectors_.push_back(std::move(selector));
    return node;
  }

  void Matchers(Selector& selector) {
    using Operator = Selector::Operator;
    constexpr std::array<std::pair<std::string_view, Operator>, 4> kSigns = {{{"!=", Operator::kNotEqual},
                                                                              {"=~", Operator::kMatches},
                                                                              {"!~", Operator::kMatchesNot},
                                                                              {"=", Operator::kEqual}}};
    while (!failed() && !Take("}")) {
      Selector::Matcher& matcher = selector.matchers.emplace_back();
      matcher.label = std::string(Name());
      const auto sign = std::find_if(kSigns.begin(), kSigns.end(), [&](const auto& one) { return Take(one.first); });
      if (matcher.label.empty() || sign == kSigns.end()) return Fail("labels are written {name=\"value\"}, with =, !=, =~ or !~");
      matcher.op = sign->second;
      matcher.value = Text();
      if (failed()) return;
      if (matcher.op == Operator::kMatches || matcher.op == Operator::kMatchesNot) {
        matcher.pattern = std::make_shared<const re2::RE2>(matcher.value, re2::RE2::Quiet);
        if (!matcher.pattern->ok()) return Fail(StrCat("\"", matcher.value, "\" is no pattern: ", matcher.pattern->error()));
      }
      if (!Take(",")) {
        Expect("}");
        return;
      }
    }
  }

  // In single or double quotes; a backslash is taken as it is.
  std::string Text() {
    Skip();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = quote == '"' || quote == '\'' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      Fail("a value in quotes is missing");
      return "";
    }
    std::string text(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return text;
  }

  void Window(Selector& selector) {
    const std::size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) return Fail("a \"]\" is missing");
    const absl::StatusOr<absl::Duration> window = ParseDuration(text_.substr(at_, end - at_));
    if (!window.ok()) return Fail(ToStd(window.status().message()));
    if (*window <= absl::ZeroDuration() || *window > kWindowMax) return Fail("a window is at most 400 days");
    selector.window = *window;
    at_ = end + 1;
  }

  // Bounds the recursion.
  class Nested {
   public:
    explicit Nested(ExpressionParser& parser) : parser_(parser) {
      if (++parser_.depth_ > Expression::kDepthMax) parser_.Fail(StrCat("is nested deeper than ", Expression::kDepthMax));
    }
    ~Nested() { --parser_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    ExpressionParser& parser_;
  };

  std::string_view text_;
  absl::Span<const std::string> names_;
  std::vector<Selector>& selectors_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
};

absl::StatusOr<Expression> Expression::Parse(std::string_view text, absl::Span<const std::string> names,
                                             std::vector<Selector>& selectors) {
  return ExpressionParser(text, names, selectors).Parse();
}

}  // namespace steward::collector
