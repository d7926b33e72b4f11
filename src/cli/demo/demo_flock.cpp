#include "cli/demo/demo_flock.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "cli/answer.h"

namespace starling::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Duration kStartPatience = 30s;
constexpr Duration kStopPatience = 5s;
constexpr Duration kProcessPoll = 5ms;

std::vector<std::string> arguments_of(const DemoNode& node, const std::string& network,
                                      const std::vector<std::string>& peers) {
  std::vector<std::string> arguments = {
      "starling",    "up",        "--home",      node.home,           "--network",
      network,       "--no-lan",  "--listen",    "udp://127.0.0.1:0", "--api",
      "127.0.0.1:0", "--gateway", "127.0.0.1:0", "--no-proof"};
  for (const std::string& peer : peers) {
    arguments.emplace_back("--peer");
    arguments.push_back(peer);
  }
  return arguments;
}

// In the new process, after fork(): only what is safe there.
[[noreturn]] void become_node(char* const* arguments, int log, pid_t parent) {
  // Ctrl-C is for the demo, which then ends its nodes; so is its death.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

pid_t spawn(const DemoNode& node, std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const int log = ::open(node.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return -1;
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become_node(pointers.data(), log, parent);
  ::close(log);
  return child;
}

std::string last_line(const fs::path& file) {
  std::ifstream input(file);
  std::string last;
  for (std::string line; std::getline(input, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

bool has_ended(pid_t process) { return ::waitpid(process, nullptr, WNOHANG) == process; }

}  // namespace

std::expected<std::unique_ptr<DemoFlock>, std::string> DemoFlock::prepare(size_t size) {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) return std::unexpected("the folder for temporary files (TMPDIR, else /tmp) is none");
  std::string name = (parent / "starling-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return std::unexpected(fmt::format("no folder can be made in {}", parent.string()));
  return std::unique_ptr<DemoFlock>(new DemoFlock(size, name));
}

DemoFlock::DemoFlock(size_t size, fs::path folder)
    : size_(size), folder_(std::move(folder)), network_(folder_.filename().string().substr(9)) {
  // "demo-XXXXXX"; network names have no capitals.
  for (char& c : network_) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

DemoFlock::~DemoFlock() {
  stop_all();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<std::string> DemoFlock::peers_of_next() const {
  const size_t index = nodes_.size();
  const size_t ring = ring_size();
  if (index >= ring) return {nodes_[index - ring].peer_link, nodes_[index - ring + 2].peer_link};
  std::vector<std::string> peers;
  if (index > 0) peers.push_back(nodes_.back().peer_link);
  if (index + 1 == ring) peers.push_back(nodes_.front().peer_link);
  return peers;
}

std::expected<void, std::string> DemoFlock::start_next() {
  const size_t index = nodes_.size();
  const std::vector<std::string> peers = peers_of_next();
  DemoNode& node = nodes_.emplace_back();
  node.home = folder_ / fmt::format("node{}", index);
  node.log = folder_ / fmt::format("node{}.log", index);
  node.process = std::max<pid_t>(spawn(node, arguments_of(node, network_, peers)), 0);
  if (node.process == 0) return std::unexpected("no process could be started");
  return wait_until_it_answers(node);
}

std::expected<void, std::string> DemoFlock::wait_until_it_answers(DemoNode& node) {
  for (Duration waited{}; waited < kStartPatience; waited += kProcessPoll) {
    if (has_ended(node.process)) {
      node.process = 0;
      return std::unexpected("a node did not start: " + last_line(node.log));
    }
    std::this_thread::sleep_for(kProcessPoll);
    auto client = ApiClient::find(node.home);
    if (!client) continue;
    const auto status = client->get("/status");
    if (!status) continue;
    node.api = std::move(*client);
    node.key = text_of(*status, "key");
    node.account = text_of(*status, "account");
    const json& listening = list_of(*status, "listening");
    if (listening.empty() || !listening[0].is_string())
      return std::unexpected("a node listens nowhere");
    node.peer_link = fmt::format("starling:{}?at={}", node.key, listening[0].get<std::string>());
    return {};
  }
  return std::unexpected(fmt::format("a node did not answer within {} s: {}", kStartPatience / 1s,
                                     last_line(node.log)));
}

void DemoFlock::kill(size_t index) {
  DemoNode& node = nodes_.at(index);
  if (node.process == 0) return;
  ::kill(node.process, SIGKILL);
  ::waitpid(node.process, nullptr, 0);
  node.process = 0;
}

void DemoFlock::stop_all() {
  for (const DemoNode& node : nodes_) {
    if (node.process != 0) ::kill(node.process, SIGTERM);
  }
  Duration waited{};
  for (size_t i = 0; i < nodes_.size(); ++i) {
    while (nodes_[i].process != 0 && waited < kStopPatience) {
      if (has_ended(nodes_[i].process)) nodes_[i].process = 0;
      std::this_thread::sleep_for(kProcessPoll);
      waited += kProcessPoll;
    }
    kill(i);
  }
}

std::optional<size_t> DemoFlock::index_of(const std::string& key) const {
  const auto found = std::ranges::find(nodes_, key, &DemoNode::key);
  if (found == nodes_.end()) return std::nullopt;
  return static_cast<size_t>(found - nodes_.begin());
}

size_t DemoFlock::running() const {
  return static_cast<size_t>(
      std::ranges::count_if(nodes_, [](const DemoNode& node) { return node.process != 0; }));
}

}  // namespace starling::cli
