// crypto/key_text.h - how keys look to people: one letter for the kind, then base32.
//
// `k` node, `a` account, `s` site; 53 characters, lower case, each a valid DNS label.
// Rule: a text names one kind of key and is refused where another is asked for, so a person who
//       pastes a site where a node belongs is told so instead of reaching nobody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/keys.h"

namespace starling::crypto {

// The letter and 32 bytes at 5 bits a character.
inline constexpr size_t kKeyTextSize = 1 + (32 * 8 + 4) / 5;

std::string to_text(const NodeKey& key);
std::string to_text(const AccountKey& key);
std::string to_text(const SiteKey& key);

// Read what to_text writes, in upper or lower case. Empty for another kind's letter, another
// length, a foreign character (blanks too) and for unused bits that are not zero: apart from case a
// key has one spelling. Whether the bytes are a point of the curve is not looked at; to_dh_public
// and verify do that.
std::optional<NodeKey> parse_node_key(std::string_view text);
std::optional<AccountKey> parse_account_key(std::string_view text);
std::optional<SiteKey> parse_site_key(std::string_view text);

}  // namespace starling::crypto
