// os/home/identity_file.h - the secrets that make a node and a person who they are, in one file.
//
// Rule:    Starling never overwrites, changes or deletes an identity, in whatever state it is; what
//          cannot be used is refused with a sentence. Nobody can give a lost identity back.
// Crash:   between any two steps of creation the file is absent or whole.
// Threads: any; when several processes create at once, all end up with the same identity.
// Wire:    docs/wire/identity-file.md.
#pragma once

#include <expected>

#include "crypto/keys.h"
#include "crypto/secret.h"
#include "crypto/secure_random.h"
#include "os/home/home_error.h"
#include "os/home/home_paths.h"

namespace starling::os {

struct HomeIdentity {
  crypto::SigningSeed node_seed;
  crypto::SigningSeed account_seed;
};

// "starling identity 1\n" ‖ node seed ‖ account seed ‖ SHA-256 of all before.
inline constexpr size_t kIdentityFileSize = 20 + 32 + 32 + 32;
using IdentityFileBytes = crypto::Secret<kIdentityFileSize, struct IdentityFileTag>;

IdentityFileBytes encode_identity(const HomeIdentity& identity);
// identity_not_ours, identity_newer, identity_wrong_size or identity_damaged, looked at in this
// order: a newer format may have another size. What it accepts encodes to the same bytes.
std::expected<HomeIdentity, HomeErrorKind> decode_identity(ByteView bytes);

// The kinds above and those of read_private_file; not_found when there is none.
std::expected<HomeIdentity, HomeError> load_identity(const HomePaths& paths);

// load_identity, or when there is none, a new one, which has reached the disk when this returns.
// `random` is drawn from only for a new one. cannot_write when it could not be stored. Pre:
// make_folders succeeded.
std::expected<HomeIdentity, HomeError> load_or_create_identity(const HomePaths& paths,
                                                               crypto::SecureRandom& random);

}  // namespace starling::os
