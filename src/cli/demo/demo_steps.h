// cli/demo/demo_steps.h - the steps of the demo, one after the other. Each measures itself and asserts what it shows.
//
// Errors:  sentences for a person.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "cli/demo/demo.h"
#include "cli/demo/demo_flock.h"
#include "cli/progress.h"

namespace starling::cli {

class DemoSteps {
 public:
  // The publisher, and who reads: far enough apart that several others carry everything between them.
  static constexpr size_t kAuthor = 0;
  static constexpr size_t kReader = 4;
  static constexpr size_t kHopsMin = 4;

  // References are borrowed.
  DemoSteps(DemoFlock& flock, const DemoRequest& request, const Console& console)
      : flock_(flock), request_(request), console_(console) {}

  using Step = std::expected<void, std::string>;
  Step start_nodes();
  Step wait_for_links();
  Step ping_everybody();
  Step read_a_site();
  Step pass_a_message();
  Step fetch_while_nodes_die();
  Step ping_the_survivors();

  // Seconds, counts and sizes by name.
  [[nodiscard]] const nlohmann::json& figures() const { return figures_; }
  [[nodiscard]] bool was_interrupted() const { return interrupt_.came(); }

 private:
  using Clock = std::chrono::steady_clock;
  // Calls `is_done` until it says so; the error when nothing happens for too long (is_done sets moved_), or on Ctrl-C.
  Step wait(const std::string& what, const std::function<bool()>& is_done);
  void report(const std::string& text);
  Answer ping(size_t from, size_t to);
  // The numbers of the nodes on the way.
  std::expected<std::vector<size_t>, std::string> way(size_t from, size_t to);
  Step ping_pairs(const char* name);
  Answer transfer(size_t node, const char* path, const nlohmann::json& order);
  Step compare_in_browser(const std::string& link);
  Step watch_fetch(int64_t id, const std::vector<size_t>& victims);

  DemoFlock& flock_;
  const DemoRequest& request_;
  const Console& console_;
  InterruptWatch interrupt_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point moved_;  // when what is waited for last came nearer
  nlohmann::json figures_ = nlohmann::json::object();
};

}  // namespace starling::cli
