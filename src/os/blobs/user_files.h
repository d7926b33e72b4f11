// os/blobs/user_files.h - the user's own files, read and written below a folder that the user named, and nowhere else.
//
// Rule:    every path is resolved by the kernel beneath its folder (openat2, RESOLVE_BENEATH): no link, no "..", no name of a
//          stranger's folder leads out.
// Threads: any, one at a time for each object.
#pragma once

#include <expected>
#include <string>

#include "env/blob_store.h"
#include "os/file_descriptor.h"

namespace starling::os {

template <typename Value = void>
using UserFileResult = std::expected<Value, env::BlobError>;

// As env::BlobStore::find_files().
UserFileResult<env::FoundTree> find_user_files(const std::string& path, bool with_hidden);

struct UserFile {
  FileDescriptor file;
  uint64_t size = 0;
};
// A regular file; `relative` may be empty, then `folder` is the file.
UserFileResult<UserFile> open_user_file(const std::string& folder, const std::string& relative);

// Writes a file so that it is there whole or not at all, also when this process is killed, where the file system has files
// without names (O_TMPFILE).
class UserFileWriter {
 public:
  // Makes the folders that are missing.
  static UserFileResult<UserFileWriter> create(const std::string& folder,
                                               const std::string& relative, bool executable);
  UserFileWriter(UserFileWriter&&) = default;
  UserFileWriter& operator=(UserFileWriter&&) = delete;
  ~UserFileWriter();  // removes what is not finished

  UserFileResult<> add(ByteView bytes);
  // Part of another file; `not_here` when that one ends before.
  UserFileResult<> add_from(int file, uint64_t offset, size_t size);
  // Replaces a file of that name; fails with `exists` when a folder is in the way.
  UserFileResult<> finish();

 private:
  UserFileWriter() = default;
  bool create_nameless(mode_t mode);
  bool create_named(mode_t mode);  // with the temporary name
  bool link_as(const std::string& name);
  UserFileResult<> copy_to_named();
  FileDescriptor folder_;  // the one that holds the file
  FileDescriptor file_;
  std::string name_;
  std::string temporary_;
  bool has_temporary_name_ = false;
  uint64_t offset_ = 0;
};

}  // namespace starling::os
