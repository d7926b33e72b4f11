#include "os/home/identity_file.h"

#include <algorithm>

#include "crypto/hash.h"
#include "os/home/private_file.h"
#include "wire/reader.h"

namespace starling::os {
namespace {

constexpr std::string_view kMagicBeforeVersion = "starling identity ";
constexpr std::string_view kMagic = "starling identity 1\n";
constexpr size_t kSeedSize = crypto::SigningSeed::kSize;
constexpr size_t kChecksumSize = crypto::Digest::kSize;
static_assert(kIdentityFileSize == kMagic.size() + 2 * kSeedSize + kChecksumSize);

// Longest version number that counts as one.
constexpr size_t kVersionDigitsMax = 9;

// True for the magic with a version number above ours.
bool is_newer(std::string_view text) {
  if (!text.starts_with(kMagicBeforeVersion)) return false;
  text.remove_prefix(kMagicBeforeVersion.size());
  const size_t digits = text.find('\n');
  if (digits == std::string_view::npos || digits == 0 || digits > kVersionDigitsMax) return false;
  const std::string_view version = text.substr(0, digits);
  const auto is_digit = [](char character) { return character >= '0' && character <= '9'; };
  return std::ranges::all_of(version, is_digit) && version[0] != '0' && version != "1";
}

}  // namespace

IdentityFileBytes encode_identity(const HomeIdentity& identity) {
  IdentityFileBytes file;
  auto at = file.reveal().begin();
  at = std::ranges::copy(view_of(kMagic), at).out;
  at = std::ranges::copy(identity.node_seed.reveal(), at).out;
  at = std::ranges::copy(identity.account_seed.reveal(), at).out;
  const ByteView before = ByteView(file.reveal()).first(kIdentityFileSize - kChecksumSize);
  std::ranges::copy(crypto::sha256(before).value, at);
  return file;
}

std::expected<HomeIdentity, HomeErrorKind> decode_identity(ByteView bytes) {
  if (is_newer(text_of(bytes))) return std::unexpected(HomeErrorKind::identity_newer);
  // A file cut short within the magic is a damaged one of ours.
  const size_t magic_size = std::min(kMagic.size(), bytes.size());
  if (text_of(bytes.first(magic_size)) != kMagic.substr(0, magic_size)) {
    return std::unexpected(HomeErrorKind::identity_not_ours);
  }
  if (bytes.size() != kIdentityFileSize) {
    return std::unexpected(HomeErrorKind::identity_wrong_size);
  }
  wire::Reader reader(bytes.subspan(kMagic.size()));
  const ByteView node_seed = reader.view(kSeedSize);
  const ByteView account_seed = reader.view(kSeedSize);
  const auto checksum = reader.fixed<crypto::Digest>();
  if (!reader.finish() || checksum != crypto::sha256(bytes.first(bytes.size() - kChecksumSize))) {
    return std::unexpected(HomeErrorKind::identity_damaged);
  }
  return HomeIdentity{.node_seed = crypto::SigningSeed(node_seed.first<kSeedSize>()),
                      .account_seed = crypto::SigningSeed(account_seed.first<kSeedSize>())};
}

std::expected<HomeIdentity, HomeError> load_identity(const HomePaths& paths) {
  const auto contents = read_private_file(paths.identity_file, kIdentityFileSize);
  if (!contents) return std::unexpected(contents.error());
  const auto identity = decode_identity(contents->reveal());
  if (!identity) {
    return std::unexpected(HomeError{.kind = identity.error(), .path = paths.identity_file});
  }
  return *identity;
}

std::expected<HomeIdentity, HomeError> load_or_create_identity(const HomePaths& paths,
                                                               crypto::SecureRandom& random) {
  auto loaded = load_identity(paths);
  if (loaded || loaded.error().kind != HomeErrorKind::not_found) return loaded;

  const HomeIdentity made{.node_seed = random.secret<crypto::SigningSeed>(),
                          .account_seed = random.secret<crypto::SigningSeed>()};
  const auto written =
      write_private_file(paths.identity_file, encode_identity(made).reveal(), IfExists::refuse);
  if (written) return made;
  // Another process was first: its identity is the one.
  if (written.error().kind == HomeErrorKind::already_exists) return load_identity(paths);
  return std::unexpected(written.error());
}

}  // namespace starling::os
