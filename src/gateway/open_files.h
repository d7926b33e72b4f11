// gateway/open_files.h - files that are on their way to a browser, read by the node and taken by the server's thread.
//
// Bounds:  kOpenMax at once (further ones are refused), each with one piece of kPieceSize under way.
// Threads: OpenFiles: the node's. The body of open() may be read, and let go, on any thread.
#pragma once

#include <map>
#include <memory>

#include "http/body.h"
#include "http/door.h"
#include "node/node.h"

namespace starling::gateway {

class OpenFiles {
 public:
  static constexpr size_t kOpenMax = 128;
  static constexpr size_t kPieceSize = 256 << 10;
  using Door = http::Door<OpenFiles>;

  // `node` is borrowed. `post` as for Door.
  OpenFiles(Door::Post post, node::Node& node);
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;
  ~OpenFiles();

  using Opened =
      std::function<void(std::expected<std::shared_ptr<http::BodySource>, node::ContentFailure>)>;
  // `done` comes when the first piece is there, so that what cannot be had is known before an answer begins. Pre: size > 0,
  // within the file.
  void open(const node::FoundContent& found, uint64_t offset, uint64_t size, Opened done);

 private:
  class Body;
  struct File {
    std::unique_ptr<node::BlobReader> reader;
    crypto::Position providers;
    bool is_whole = false;  // all of the file goes out
    uint64_t offset = 0;    // of the next piece
    uint64_t end = 0;
    Bytes first;
    http::BodySource::ReadDone waiting;
  };
  void read(uint64_t number, http::BodySource::ReadDone done);
  void give(uint64_t number, std::expected<Bytes, node::FetchFailure> piece);

  std::shared_ptr<Door> door_;
  node::Node& node_;
  std::map<uint64_t, File> files_;
  uint64_t next_number_ = 1;
};

}  // namespace starling::gateway
