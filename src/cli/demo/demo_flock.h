// cli/demo/demo_flock.h - real node processes on this computer, each with its own home, key and ports, linked in a ring.
//
// How:     up to kRingMax nodes are a ring; each further one hangs beside it, between two nodes that are two hops apart. So far
//          nodes stay far apart, there is always another way, and two neighbours that die take nobody else along.
// Life:    the processes end with this object, also when this process is killed; the folder with their homes is removed.
// Errors:  sentences for a person.
// Threads: single owner; node() may be read by others while nothing is started or killed.
#pragma once

#include <deque>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "cli/api_client.h"

namespace starling::cli {

struct DemoNode {
  std::filesystem::path home;
  std::filesystem::path log;
  pid_t process = 0;  // 0: not running
  std::optional<ApiClient> api;
  std::string key;
  std::string account;
  std::string peer_link;  // for others to dial
};

class DemoFlock {
 public:
  static constexpr size_t kRingMax = 12;

  // Makes the folder for the homes, below the system's folder for temporary files.
  static std::expected<std::unique_ptr<DemoFlock>, std::string> prepare(size_t size);
  DemoFlock(const DemoFlock&) = delete;
  DemoFlock& operator=(const DemoFlock&) = delete;
  ~DemoFlock();

  // Starts one more. Returns when it answers.
  std::expected<void, std::string> start_next();
  [[nodiscard]] bool is_complete() const { return nodes_.size() == size_; }
  [[nodiscard]] size_t ring_size() const { return std::min(size_, kRingMax); }
  [[nodiscard]] size_t links() const { return ring_size() + 2 * (size_ - ring_size()); }
  // SIGKILL.
  void kill(size_t index);
  // Politely, then for certain.
  void stop_all();

  [[nodiscard]] const std::deque<DemoNode>& nodes() const { return nodes_; }
  [[nodiscard]] const DemoNode& node(size_t index) const { return nodes_.at(index); }
  [[nodiscard]] bool is_running(size_t index) const { return nodes_.at(index).process != 0; }
  [[nodiscard]] std::optional<size_t> index_of(const std::string& key) const;
  [[nodiscard]] size_t running() const;
  [[nodiscard]] const std::string& network() const { return network_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  DemoFlock(size_t size, std::filesystem::path folder);
  // Of the next node: those that are there already.
  [[nodiscard]] std::vector<std::string> peers_of_next() const;
  std::expected<void, std::string> wait_until_it_answers(DemoNode& node);

  size_t size_;
  std::filesystem::path folder_;
  std::string network_;
  std::deque<DemoNode> nodes_;
};

}  // namespace starling::cli
