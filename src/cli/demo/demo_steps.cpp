#include "cli/demo/demo_steps.h"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <mutex>
#include <set>
#include <thread>

#include "cli/demo/demo_files.h"
#include "cli/http_client.h"
#include "cli/quantity_text.h"
#include "cli/transfer_watch.h"

namespace starling::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr Duration kDemoPoll = 10ms;
constexpr Duration kDemoPatience = 60s;
// Of the file, when the nodes on its way are killed.
constexpr int64_t kKillAtPercent = 15;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::unexpected<std::string> failure(std::string sentence) {
  return std::unexpected(std::move(sentence));
}

// "http://saaq….localhost:40123/": what to ask for, and of whom.
struct BrowserUrl {
  std::string host;
  Endpoint server;
};
std::optional<BrowserUrl> parse_browser_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  const std::string host =
      url.substr(kScheme.size(), url.find('/', kScheme.size()) - kScheme.size());
  const size_t colon = host.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto server = parse_endpoint("127.0.0.1" + host.substr(colon));
  return server ? std::optional(BrowserUrl{host, *server}) : std::nullopt;
}

}  // namespace

// --- waiting and telling -----------------------------------------------------------------------------------

void DemoSteps::report(const std::string& text) {
  fmt::print(console_.out, "{:6.2f} s  {}\n", seconds_since(begun_), text);
  console_.out.flush();
}

DemoSteps::Step DemoSteps::wait(const std::string& what, const std::function<bool()>& is_done) {
  moved_ = Clock::now();
  while (!is_done()) {
    if (interrupt_.came()) return failure("interrupted");
    if (Clock::now() - moved_ > kDemoPatience)
      return failure(fmt::format("{}: nothing happens for {} s", what, kDemoPatience / 1s));
    std::this_thread::sleep_for(kDemoPoll);
  }
  return {};
}

// --- the flock forms ---------------------------------------------------------------------------------------

DemoSteps::Step DemoSteps::start_nodes() {
  const auto start = Clock::now();
  ProgressLine line(console_);
  while (!flock_.is_complete()) {
    if (interrupt_.came()) return failure("interrupted");
    line.show(fmt::format("starting node {} of {}", flock_.nodes().size() + 1, request_.nodes));
    if (auto started = flock_.start_next(); !started) return started;
  }
  figures_["start_s"] = seconds_since(start);
  return {};
}

DemoSteps::Step DemoSteps::wait_for_links() {
  const auto start = Clock::now();
  ProgressLine line(console_);
  const auto wanted = static_cast<int64_t>(flock_.links());
  const auto is_done = [&] {
    int64_t ends = 0;
    for (const DemoNode& node : flock_.nodes()) {
      const Answer status = node.api->get("/status");
      if (status) ends += number_of(*status, "links");
    }
    line.show(fmt::format("links: {} of {}", ends / 2, wanted));
    return ends >= 2 * wanted;
  };
  if (auto linked = wait("the links do not come up", is_done); !linked) return linked;
  figures_["links_s"] = seconds_since(start);
  const size_t beside = flock_.nodes().size() - flock_.ring_size();
  report(
      fmt::format("{} nodes with homes, keys and ports of their own, and {} links: a ring of {}{}",
                  request_.nodes, wanted, flock_.ring_size(),
                  beside > 0 ? fmt::format(", and {} beside it", beside) : ""));
  return {};
}

Answer DemoSteps::ping(size_t from, size_t to) {
  Answer answer = flock_.node(from).api->post("/ping", {{"node", flock_.node(to).key}}, 30s);
  if (answer && !is_true(*answer, "answered"))
    return failure(fmt::format("node {} does not reach node {}", from, to));
  return answer;
}

std::expected<std::vector<size_t>, std::string> DemoSteps::way(size_t from, size_t to) {
  const Answer answer = ping(from, to);
  if (!answer) return failure(answer.error());
  std::vector<size_t> nodes;
  for (const json& step : list_of(*answer, "path")) {
    if (const auto index = flock_.index_of(text_of(step, "key"))) nodes.push_back(*index);
  }
  return nodes;
}

DemoSteps::Step DemoSteps::ping_pairs(const char* name) {
  const auto start = Clock::now();
  const size_t alive = flock_.running();
  const size_t pairs = alive * (alive - 1);
  std::atomic<size_t> answered{0};
  std::atomic<int64_t> slowest_us{0};
  std::atomic<size_t> finished{0};
  std::mutex mutex;
  std::string error;
  std::vector<std::jthread> askers;
  for (size_t from = 0; from < flock_.nodes().size(); ++from) {
    if (!flock_.is_running(from)) continue;
    askers.emplace_back([&, from](const std::stop_token& stop) {
      for (size_t to = 0; to < flock_.nodes().size() && !stop.stop_requested(); ++to) {
        if (to == from || !flock_.is_running(to)) continue;
        const Answer answer = ping(from, to);
        if (!answer) {
          const std::lock_guard lock(mutex);
          error = answer.error();
          continue;
        }
        ++answered;
        const int64_t rtt = number_of(*answer, "rtt_us");
        int64_t slowest = slowest_us;
        while (rtt > slowest && !slowest_us.compare_exchange_weak(slowest, rtt)) {
        }
      }
      ++finished;
    });
  }
  ProgressLine line(console_);
  while (finished < alive && !interrupt_.came()) {
    line.show(fmt::format("pairs that answer: {} of {}", answered.load(), pairs));
    std::this_thread::sleep_for(kDemoPoll);
  }
  askers.clear();
  if (interrupt_.came()) return failure("interrupted");
  if (answered < pairs) return failure(error);
  figures_[name] = {
      {"pairs", pairs}, {"s", seconds_since(start)}, {"slowest_rtt_us", slowest_us.load()}};
  return {};
}

DemoSteps::Step DemoSteps::ping_everybody() {
  if (auto all = ping_pairs("everybody"); !all) return all;
  const auto& figures = figures_["everybody"];
  report(fmt::format("every node reaches every other: {} of {} pairs, slowest answer {}",
                     figures["pairs"].get<size_t>(), figures["pairs"].get<size_t>(),
                     rtt_text(figures["slowest_rtt_us"].get<int64_t>())));
  return {};
}

// --- a site, a message -------------------------------------------------------------------------------------

Answer DemoSteps::transfer(size_t node, const char* path, const json& order) {
  const ApiClient& api = *flock_.node(node).api;
  Answer last = api.post(path, order);
  if (!last) return last;
  const std::string query = fmt::format("/transfer?id={}", number_of(*last, "id"));
  ProgressLine line(console_);
  int64_t bytes = 0;
  const auto is_over = [&] {
    last = api.get(query);
    if (last) line.show(progress_text(*last));
    if (last && std::exchange(bytes, number_of(*last, "bytes")) != number_of(*last, "bytes"))
      moved_ = Clock::now();
    return !last || is_true(*last, "over");
  };
  if (auto waited = wait("a transfer does not end", is_over); !waited)
    return failure(waited.error());
  if (last && text_of(*last, "state") != "done") return failure(failure_text(*last));
  return last;
}

DemoSteps::Step DemoSteps::compare_in_browser(const std::string& link) {
  const DemoNode& reader = flock_.node(kReader);
  const Answer where = reader.api->post("/url", {{"link", link}});
  if (!where) return failure(where.error());
  const auto url = parse_browser_url(text_of(*where, "url"));
  if (!url) return failure("the reader has no gateway");
  for (const DemoFile& file : demo_site(flock_.network())) {
    const HttpRequest request{.method = "GET",
                              .path = "/" + file.path,
                              .authorization = {},
                              .json_body = {},
                              .host = url->host};
    const auto response = exchange(url->server, request, kDemoPatience);
    if (!response || response->status != 200)
      return failure(fmt::format("the gateway does not show {}", file.path));
    if (response->body != file.bytes)
      return failure(fmt::format("{} is not what was published", file.path));
  }
  return {};
}

DemoSteps::Step DemoSteps::read_a_site() {
  const fs::path folder = flock_.folder() / "site";
  if (!write_files(folder, demo_site(flock_.network())))
    return failure("the demo's site cannot be written: is the disk full?");
  const auto start = Clock::now();
  const Answer published = transfer(
      kAuthor, "/publish", {{"path", folder.string()}, {"site", "flock"}, {"title", "A flock"}});
  if (!published) return failure(published.error());
  const double published_s = seconds_since(start);
  const auto nodes = way(kReader, kAuthor);
  if (!nodes) return failure(nodes.error());
  const size_t hops = nodes->size() - 1;
  if (hops < kHopsMin)
    return failure(fmt::format("author and reader are only {} hops apart", hops));
  const auto read = Clock::now();
  if (auto same = compare_in_browser(text_of(*published, "link")); !same) return same;
  figures_["site"] = {
      {"published_s", published_s}, {"read_s", seconds_since(read)}, {"hops", hops}};
  report(
      fmt::format("node {} published a site in {:.0f} ms; the gateway of node {}, {} hops away, "
                  "shows it byte for byte: {:.0f} ms",
                  kAuthor, published_s * 1e3, kReader, hops, seconds_since(read) * 1e3));
  return {};
}

DemoSteps::Step DemoSteps::pass_a_message() {
  const ApiClient& sender = *flock_.node(kReader).api;
  const ApiClient& receiver = *flock_.node(kAuthor).api;
  const std::string text = "A fine site you have there.";
  const auto start = Clock::now();
  const Answer sent = sender.post("/send", {{"to", flock_.node(kAuthor).account}, {"text", text}});
  if (!sent) return failure(sent.error());
  const std::string query = fmt::format("/message?number={}", number_of(*sent, "number"));
  std::string state;
  const auto is_delivered = [&] {
    const Answer message = sender.get(query);
    if (message) state = text_of(*message, "state");
    return state == "delivered" || state == "refused";
  };
  if (auto waited = wait("the message is not delivered", is_delivered); !waited) return waited;
  const double took_s = seconds_since(start);
  const Answer inbox = receiver.get("/messages");
  if (!inbox) return failure(inbox.error());
  const json& messages = list_of(*inbox, "messages");
  if (state != "delivered" || messages.size() != 1 || text_of(messages[0], "text") != text ||
      text_of(messages[0], "account") != flock_.node(kReader).account)
    return failure("the message did not arrive as it was sent");
  figures_["message_s"] = took_s;
  report(fmt::format(
      "node {} wrote to the owner of node {}: delivered and acknowledged after {:.0f} ms", kReader,
      kAuthor, took_s * 1e3));
  return {};
}

// --- nodes die ---------------------------------------------------------------------------------------------

DemoSteps::Step DemoSteps::watch_fetch(int64_t id, const std::vector<size_t>& victims) {
  const ApiClient& reader = *flock_.node(kReader).api;
  const auto start = Clock::now();
  std::optional<Clock::time_point> killed;
  int64_t bytes_then = 0;
  int64_t bytes_last = 0;
  double longest_pause = 0;
  Answer last = json::object();
  ProgressLine line(console_);
  const auto is_over = [&] {
    last = reader.get(fmt::format("/transfer?id={}", id));
    if (!last) return true;
    line.show(progress_text(*last) +
              (killed ? fmt::format(" - nodes {} and {} are dead", victims[0], victims[1]) : ""));
    const int64_t bytes = number_of(*last, "bytes");
    const int64_t total = number_of(*last, "bytes_total");
    if (bytes > bytes_last) {
      if (killed)
        longest_pause =
            std::max(longest_pause, std::chrono::duration<double>(Clock::now() - moved_).count());
      bytes_last = bytes;
      moved_ = Clock::now();
    }
    if (!killed && total > 0 && bytes * 100 >= total * kKillAtPercent && !is_true(*last, "over")) {
      for (const size_t victim : victims) flock_.kill(victim);
      killed = Clock::now();
      moved_ = *killed;
      bytes_then = bytes;
    }
    return is_true(*last, "over");
  };
  if (auto waited = wait("the fetch does not end", is_over); !waited) return waited;
  if (!last) return failure(last.error());
  if (text_of(*last, "state") != "done") return failure(failure_text(*last));
  if (!killed)
    return failure("the file was there before anybody could be killed; try --megabytes 500");
  figures_["fetch"] = {{"bytes", number_of(*last, "bytes")},
                       {"killed_at_bytes", bytes_then},
                       {"killed", victims},
                       {"longest_pause_s", longest_pause},
                       {"s", seconds_since(start)}};
  return {};
}

DemoSteps::Step DemoSteps::fetch_while_nodes_die() {
  const fs::path file = flock_.folder() / "large";
  const fs::path target = flock_.folder() / "fetched";
  if (!write_large_file(file, static_cast<uint64_t>(request_.megabytes) * 1'000'000))
    return failure("the large file cannot be written: is the disk full?");
  const Answer published = transfer(kAuthor, "/publish", {{"path", file.string()}});
  if (!published) return failure(published.error());
  // As the file goes.
  const auto before = way(kAuthor, kReader);
  if (!before) return failure(before.error());
  if (before->size() < kHopsMin + 1) return failure("the way to the author is too short");
  // Both lie between the two ends, and both are lost at once.
  const std::vector<size_t> victims = {before->at(1), before->at(2)};
  const Answer begun = flock_.node(kReader).api->post(
      "/fetch", {{"link", text_of(*published, "link")}, {"to", target.string()}});
  if (!begun) return failure(begun.error());
  if (auto fetched = watch_fetch(number_of(*begun, "id"), victims); !fetched) return fetched;
  if (!is_same_file(file, target)) return failure("what was fetched is not what was published");
  const auto after = way(kAuthor, kReader);
  if (!after) return failure(after.error());
  for (const size_t victim : victims) {
    if (std::ranges::find(*after, victim) != after->end())
      return failure("a dead node is on the way");
  }
  json& figures = figures_["fetch"];
  figures["hops_before"] = before->size() - 1;
  figures["hops_after"] = after->size() - 1;
  report(fmt::format(
      "node {} fetched {} from node {} over {} hops; at {} nodes {} and {} on the way were killed:",
      kReader, bytes_text(figures["bytes"].get<uint64_t>()), kAuthor, before->size() - 1,
      bytes_text(figures["killed_at_bytes"].get<uint64_t>()), victims[0], victims[1]));
  report(fmt::format(
      "  it went on after {:.2f} s over {} other hops, and was complete and right after {:.2f} s",
      figures["longest_pause_s"].get<double>(), after->size() - 1, figures["s"].get<double>()));
  return {};
}

DemoSteps::Step DemoSteps::ping_the_survivors() {
  if (auto all = ping_pairs("survivors"); !all) return all;
  const auto& figures = figures_["survivors"];
  report(fmt::format("the {} nodes that are left reach each other: {} of {} pairs",
                     flock_.running(), figures["pairs"].get<size_t>(),
                     figures["pairs"].get<size_t>()));
  return {};
}

}  // namespace starling::cli
