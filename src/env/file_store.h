// env/file_store.h - a folder of small named files, written so that a crash leaves the old contents or the new.
//
// Asynchronous: submit now, completion later on the network thread. Operations of one store complete in the order
// in which they were submitted. Interface only; os/ has real files, sim/ files that a crash can catch between steps.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace starling::env {

enum class FileError : uint8_t { not_found, no_space, not_permitted, too_large, failed };

class FileStore {
 public:
  // Largest file that read() returns; a larger one is FileError::too_large.
  static constexpr size_t kFileSizeMax = 16 << 20;

  using ReadDone = std::function<void(std::expected<Bytes, FileError>)>;
  using WriteDone = std::function<void(std::expected<void, FileError>)>;
  using ListDone = std::function<void(std::expected<std::vector<std::string>, FileError>)>;

  virtual ~FileStore() = default;
  // `name` is one path component of letters, digits, '.', '-' and '_', not starting with a dot.
  virtual void read(std::string name, ReadDone done) = 0;
  // Write to a temporary file, fsync, rename, fsync the folder; `done` without error means it survives a crash.
  virtual void write(std::string name, Bytes contents, WriteDone done) = 0;
  // No error when there was none.
  virtual void remove(std::string name, WriteDone done) = 0;
  // Names in ascending order.
  virtual void list(ListDone done) = 0;
};

}  // namespace starling::env
