#include "content/name_rules.h"

#include <gtest/gtest.h>

namespace starling::content {
namespace name_rules_test {

TEST(NameRulesTest, TakesOrdinaryNames) {
  for (const char* name :
       {"a", "index.html", "Übung 1.txt", "日本語", "a b", ".hidden", "a.", "...", "🐦"})
    EXPECT_EQ(fault_of_name(name), NameFault::none) << name;
  EXPECT_EQ(fault_of_name(std::string(255, 'a')), NameFault::none);
}

TEST(NameRulesTest, RefusesNamesThatLeadElsewhereOrCannotBeKept) {
  EXPECT_EQ(fault_of_name(""), NameFault::empty);
  EXPECT_EQ(fault_of_name(std::string(256, 'a')), NameFault::too_long);
  EXPECT_EQ(fault_of_name("."), NameFault::forbidden);
  EXPECT_EQ(fault_of_name(".."), NameFault::forbidden);
  EXPECT_EQ(fault_of_name("a/b"), NameFault::forbidden);
  EXPECT_EQ(fault_of_name(std::string_view("a\0b", 3)), NameFault::forbidden);
  EXPECT_EQ(fault_of_name("a\nb"), NameFault::forbidden);
  EXPECT_EQ(fault_of_name("a\x7f"), NameFault::forbidden);
  EXPECT_EQ(fault_of_name("a\xff"), NameFault::not_utf8);
  EXPECT_EQ(fault_of_name("\xc0\xaf"), NameFault::not_utf8) << "an overlong slash";
  EXPECT_EQ(fault_of_name("\xed\xa0\x80"), NameFault::not_utf8) << "half a surrogate pair";
  // U, then a combining diaeresis.
  EXPECT_EQ(fault_of_name("U\xcc\x88"), NameFault::not_normal);
}

TEST(NameRulesTest, BringsNamesToTheNormalForm) {
  EXPECT_EQ(normal_name("U\xcc\x88"), "Ü");
  EXPECT_EQ(normal_name("a\xff"), "a\xff");
  EXPECT_EQ(normal_name(""), "");
}

TEST(NameRulesTest, FoldsCaseInAllScripts) {
  EXPECT_EQ(folded_name("README"), folded_name("readme"));
  EXPECT_EQ(folded_name("ÜBUNG"), folded_name("übung"));
  EXPECT_EQ(folded_name("Straße"), folded_name("STRASSE"));
  EXPECT_NE(folded_name("a"), folded_name("b"));
}

}  // namespace name_rules_test
}  // namespace starling::content
