#include "crypto/key_text.h"

#include "base/base32.h"

namespace starling::crypto {
namespace {

constexpr char kNodeLetter = 'k';
constexpr char kAccountLetter = 'a';
constexpr char kSiteLetter = 's';

std::string text_with(char letter, ByteView key) { return letter + to_base32(key); }

bool is_letter(char character, char letter) {
  return character == letter || character == letter - 'a' + 'A';
}

template <typename Key>
std::optional<Key> parse_with(char letter, std::string_view text) {
  if (text.size() != kKeyTextSize || !is_letter(text.front(), letter)) return std::nullopt;
  const std::optional<Bytes> bytes = from_base32(text.substr(1));
  if (!bytes) return std::nullopt;
  return Key::from(*bytes);
}

}  // namespace

std::string to_text(const NodeKey& key) { return text_with(kNodeLetter, key.view()); }
std::string to_text(const AccountKey& key) { return text_with(kAccountLetter, key.view()); }
std::string to_text(const SiteKey& key) { return text_with(kSiteLetter, key.view()); }

std::optional<NodeKey> parse_node_key(std::string_view text) {
  return parse_with<NodeKey>(kNodeLetter, text);
}
std::optional<AccountKey> parse_account_key(std::string_view text) {
  return parse_with<AccountKey>(kAccountLetter, text);
}
std::optional<SiteKey> parse_site_key(std::string_view text) {
  return parse_with<SiteKey>(kSiteLetter, text);
}

}  // namespace starling::crypto
