// node/content/transfer.h - something that takes a while: publishing, fetching to the user's files, fetching to keep.
//
// Threads: network thread.
#pragma once

#include <optional>
#include <string>

#include "node/content/library.h"

namespace starling::node {

struct TransferStatus {
  enum class Kind : uint8_t { publish, get, pin };
  enum class Phase : uint8_t {
    waiting,  // for other transfers to end
    reading,  // the user's files
    finding,
    connecting,
    fetching,
    writing,  // the user's files
    done,
    failed,
    cancelled,
  };
  uint64_t id = 0;
  Kind kind = Kind::publish;
  Phase phase = Phase::waiting;
  std::string subject;  // what the user named: a path or a link
  uint64_t bytes = 0;
  uint64_t bytes_total = 0;  // as far as it is known
  size_t files = 0;
  size_t files_total = 0;
  size_t left_out = 0;  // of publishing: see env::FoundTree
  size_t holders = 0;   // that something comes from just now
  Duration took{};
  std::string link;                            // once done: what was published or fetched
  std::optional<ContentFailure> failure = {};  // with failed
  [[nodiscard]] bool is_over() const { return phase >= Phase::done; }
};
std::string_view name_of(TransferStatus::Kind kind);
std::string_view name_of(TransferStatus::Phase phase);

class Transfer {
 public:
  virtual ~Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Once. `over` comes once, maybe from inside the call, and never after the end of this object.
  virtual void start(std::function<void()> over) = 0;
  // Ends it soon, if it is not over; what is on the disk stays for another time.
  virtual void cancel() = 0;
  [[nodiscard]] virtual TransferStatus status() const = 0;

 protected:
  Transfer() = default;
};

}  // namespace starling::node
