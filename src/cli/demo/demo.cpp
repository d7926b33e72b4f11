#include "cli/demo/demo.h"

#include <array>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <thread>

#include "cli/demo/demo_steps.h"

namespace starling::cli {
namespace {

using nlohmann::json;

constexpr Duration kDemoIdlePoll = 100ms;

void print_summary(const json& figures, const Console& console) {
  const auto seconds = [](const json& value) {
    return fmt::format("{:.2f} s", value.get<double>());
  };
  const json& fetch = figures["fetch"];
  const double rate = fetch["bytes"].get<double>() / fetch["s"].get<double>() / 1e6;
  fmt::print(console.out,
             "\nMeasured: start {}, links {} later, all pairs {}, site published {} and read {}, "
             "message {},\n"
             "large file {} ({:.0f} MB/s with the pause of {}), survivors {}.\n",
             seconds(figures["start_s"]), seconds(figures["links_s"]),
             seconds(figures["everybody"]["s"]), seconds(figures["site"]["published_s"]),
             seconds(figures["site"]["read_s"]), seconds(figures["message_s"]), seconds(fetch["s"]),
             rate, seconds(fetch["longest_pause_s"]), seconds(figures["survivors"]["s"]));
}

DemoSteps::Step run_steps(DemoSteps& steps) {
  constexpr std::array kSteps = {&DemoSteps::start_nodes,       &DemoSteps::wait_for_links,
                                 &DemoSteps::ping_everybody,    &DemoSteps::read_a_site,
                                 &DemoSteps::pass_a_message,    &DemoSteps::fetch_while_nodes_die,
                                 &DemoSteps::ping_the_survivors};
  for (const auto step : kSteps) {
    if (auto done = (steps.*step)(); !done) return done;
  }
  return {};
}

// Until Ctrl-C.
int leave_running(const DemoFlock& flock, const DemoSteps& steps, const Console& console) {
  const DemoNode& reader = flock.node(DemoSteps::kReader);
  const Answer login = reader.api->post("/login-code", json::object());
  if (!login) return fail(console, login.error());
  fmt::print(console.out,
             "\nThe flock goes on. The page of node {}: {}\n"
             "Commands for it: starling status --home {}\nCtrl-C ends all nodes and removes their "
             "homes.\n",
             DemoSteps::kReader, text_of(*login, "url"), reader.home.string());
  console.out.flush();
  while (!steps.was_interrupted()) std::this_thread::sleep_for(kDemoIdlePoll);
  return kDone;
}

}  // namespace

int run_demo(const CommandSetting& setting, const DemoRequest& request, const Console& console) {
  auto flock = DemoFlock::prepare(static_cast<size_t>(request.nodes));
  if (!flock) return fail(console, flock.error());
  const Console quiet{console.err, console.err, console.err_is_terminal};
  const Console& steps_console = setting.json ? quiet : console;
  fmt::print(steps_console.out, "A flock of {} nodes on this computer, network {}, in {}\n\n",
             request.nodes, (*flock)->network(), (*flock)->folder().string());
  DemoSteps steps(**flock, request, steps_console);
  if (const auto done = run_steps(steps); !done) return fail(console, "demo: " + done.error());
  if (setting.json) {
    print_json(console, steps.figures());
  } else {
    print_summary(steps.figures(), console);
  }
  return request.once ? kDone : leave_running(**flock, steps, console);
}

}  // namespace starling::cli
