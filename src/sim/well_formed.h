// sim/well_formed.h - for tests: is a text well-formed XML? Small and strict: elements, attributes in double quotes,
// the five named entities and decimal ones, one root.
#pragma once

#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace starling::sim {

class WellFormedCheck {
 public:
  // Empty when all is well, else what is wrong and the text around it.
  static std::string fault_in(std::string_view text) {
    WellFormedCheck check(text);
    check.run();
    return check.fault_;
  }

 private:
  explicit WellFormedCheck(std::string_view text) : text_(text) {}

  void run() {
    if (text_.starts_with("<!doctype html>")) at_ = text_.find('>') + 1;
    size_t roots = 0;
    while (at_ < text_.size() && fault_.empty()) {
      if (text_[at_] == '<') {
        if (open_.empty() && !text_.substr(at_).starts_with("</")) ++roots;
        take_tag();
      } else {
        take_character(open_.empty());
      }
    }
    if (!fault_.empty()) return;
    if (!open_.empty()) fail("never closed: " + open_.back());
    if (roots != 1) fail("not one root");
  }

  void fail(const std::string& what) {
    const size_t begin = at_ < 40 ? 0 : at_ - 40;
    fault_ = what + " near: " + std::string(text_.substr(begin, 80));
  }

  std::string_view take_name() {
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '-' || text_[at_] == ':'))
      ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  void take_tag() {
    ++at_;
    const bool closes = take("/");
    const std::string name(take_name());
    if (name.empty()) return fail("a tag without a name");
    if (closes) {
      if (!take(">") || open_.empty() || open_.back() != name)
        return fail("closes wrongly: " + name);
      return open_.pop_back();
    }
    std::set<std::string_view> attributes;
    while (take(" ")) {
      const std::string_view attribute = take_name();
      if (attribute.empty() || !attributes.insert(attribute).second) return fail("attribute");
      if (!take("=\"")) return fail("an attribute without value");
      while (fault_.empty() && !take("\"")) {
        if (at_ >= text_.size()) return fail("an attribute without end");
        take_character(false);
      }
    }
    if (take("/>")) return;
    if (!take(">")) return fail("a tag without end");
    open_.push_back(name);
  }

  void take_character(bool only_space) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '<' || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return fail("character");
    if (only_space && c != '\n') return fail("text outside of the root");
    if (c != '&') {
      ++at_;
      return;
    }
    for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
      if (take(entity)) return;
    }
    fail("entity");
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<std::string> open_;
  std::string fault_;
};

}  // namespace starling::sim
