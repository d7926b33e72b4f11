// node/content/blob_server.h - answers other nodes that ask for blobs kept here, on streams of starling.blob/1.
//
// Bounds:  kStreamsMax streams (further ones are refused), of each kAheadMax answers, and what a stream's send buffer
//          takes.
// Threads: network thread.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "base/lifetime.h"
#include "content/blob_message.h"
#include "env/runtime.h"
#include "node/session_driver.h"

namespace starling::node {

class BlobServer {
 public:
  static constexpr size_t kStreamsMax = 128;
  static constexpr size_t kAheadMax = 2;

  // References are borrowed. `serves_read`: also what this node only read; else only what it published or pinned.
  BlobServer(env::Runtime& runtime, SessionDriver& sessions, bool serves_read);

  [[nodiscard]] uint64_t bytes_served() const { return bytes_served_; }
  [[nodiscard]] size_t askers() const { return askers_.size(); }

 private:
  struct Answer {
    uint64_t number;
    bool is_here = false;  // else it comes from the disk
    std::deque<Bytes> pieces = {};
  };
  struct Asker {
    content::RequestReader reader;
    std::deque<Answer> answers;  // not written yet, in the order of the requests
    uint64_t next_answer = 0;
    bool finished = false;
  };
  // Whose answer, and which of his.
  struct Place {
    StreamId stream;
    uint64_t answer;
  };

  SessionDriver::StreamHandlers accept(StreamId stream);
  void read(StreamId stream);
  // Begins answers while there is room for them.
  void work(StreamId stream);
  void answer(const Place& place, const content::HaveRequest& request);
  void answer(const Place& place, const content::GetRequest& request);
  void prove(const Place& place, const content::GetRequest& request);
  void write(const Place& place, std::deque<Bytes> pieces);
  void flush(StreamId stream, Asker& asker);

  env::Runtime& runtime_;
  SessionDriver& sessions_;
  bool serves_read_;
  std::map<StreamId, Asker> askers_;
  uint64_t bytes_served_ = 0;
  Lifetime lifetime_;
};

}  // namespace starling::node
