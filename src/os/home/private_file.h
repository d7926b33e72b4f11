// os/home/private_file.h - small files that only their owner may read, written whole or not at all.
//
// Threads: any; several processes may work on the same path.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "os/home/home_error.h"

namespace starling::os {

// Contents that are wiped when they go.
class PrivateBytes {
 public:
  explicit PrivateBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  PrivateBytes(PrivateBytes&&) noexcept = default;
  PrivateBytes& operator=(PrivateBytes&&) = delete;
  ~PrivateBytes() { crypto::wipe(bytes_); }

  [[nodiscard]] ByteView reveal() const { return bytes_; }

 private:
  Bytes bytes_;
};

// The first size_max + 1 bytes at most, so that one byte too many shows. Refuses, by what fstat
// says about the file it has open: not_found, not_a_regular_file (no link is followed, no pipe
// waited for), belongs_to_another_user, readable_by_others (any permission for group or others),
// cannot_read.
std::expected<PrivateBytes, HomeError> read_private_file(const std::filesystem::path& path,
                                                         size_t size_max);

enum class IfExists : uint8_t { refuse, replace };

// The steps of write_private_file in order; a crash after any of them leaves the old contents or
// the new.
enum class WriteStep : uint8_t { temporary_made, written, synced, published, folder_synced };
inline constexpr WriteStep kLastWriteStep = WriteStep::folder_synced;

// Called after each step; tests crash in it.
using WriteObserver = std::function<void(WriteStep)>;

// A temporary neighbour with mode 0600, fsync, renamed to `path` in one step, fsync of the folder:
// without error the contents survive a crash. IfExists::refuse never replaces what is at `path`,
// whoever made it and when: already_exists. Else cannot_write. After a crash a neighbour
// "<name>.new-??????" may stay behind; nobody reads it.
std::expected<void, HomeError> write_private_file(const std::filesystem::path& path,
                                                  ByteView contents, IfExists if_exists,
                                                  const WriteObserver& observe = {});

// False, with errno, when the folder's entries could not be made to survive a crash.
[[nodiscard]] bool sync_folder(const std::filesystem::path& folder);

}  // namespace starling::os
