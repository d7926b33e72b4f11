// One end of a stream between two nodes, in the process of its node: stream_end serve FOLDER PORT | send FOLDER KEY PORT MIB
//
// `serve` prints its key, then for each stream a line of JSON with its bytes and the seconds from the first to the last.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "crypto/key_text.h"
#include "node/node.h"
#include "os/asio_runtime.h"
#include "os/blobs/disk_blob_store.h"
#include "os/event_loop.h"
#include "os/file_store.h"
#include "os/sqlite_table_store.h"

namespace {

using namespace starling;
using Clock = std::chrono::steady_clock;

constexpr const char* kService = "bench.stream/1";
constexpr size_t kPiece = 256 << 10;

os::OsRuntime::Stores open_stores(os::EventLoop& loop, const std::string& folder) {
  std::filesystem::create_directories(folder);
  return {std::move(*os::FolderFileStore::open(loop, folder + "/store")),
          std::move(*os::SqliteTableStore::open(loop, folder + "/tables.db")),
          std::move(*os::DiskBlobStore::open(loop, folder + "/blobs", 1 << 20))};
}

class End {
 public:
  End(const std::string& folder, uint16_t port, std::optional<reach::PeerUri> peer)
      : runtime_(loop_, open_stores(loop_, folder)),
        identity_(crypto::Identity::generate(random_)),
        account_(crypto::Identity::generate(random_)) {
    node::NodeConfig config;
    config.lan = false;
    config.link.network = "bench";
    config.listen = {{reach::Transport::udp, Endpoint::ipv4(127, 0, 0, 1, port)}};
    if (peer) config.peers = {*peer};
    node_ = std::make_unique<node::Node>(runtime_, config, identity_, account_);
  }
  void serve() {
    node_->start([this](const auto& started) {
      if (!started) std::exit(1);
      std::printf("%s\n", to_text(identity_.key()).c_str());
      std::fflush(stdout);
      node_->sessions().listen(kService, session::SessionLayer::allow_all(),
                               [this](node::StreamId stream, const crypto::NodeKey&) {
                                 begun_ = {};
                                 bytes_ = 0;
                                 return node::SessionDriver::StreamHandlers{
                                     .readable = [this, stream] { read(stream); },
                                     .finished = [this, stream] { report(stream); }};
                               });
    });
    loop_.run();
  }
  void send(const crypto::NodeKey& to, size_t bytes) {
    left_ = bytes;
    node_->start([](const auto& started) {
      if (!started) std::exit(1);
    });
    node_->set_observer([this, to](const node::NodeEvent& event) {
      if (event.kind != node::NodeEvent::Kind::link_up || timer_) return;
      // Not in the first moment of the link: by then it knows its round-trip time and how large its packets may be.
      timer_ = runtime_.make_timer([this, to] { open(to); });
      timer_->arm(runtime_.now() + 300ms);
    });
    loop_.run();
  }

 private:
  void open(const crypto::NodeKey& to) {
    const auto stream = node_->sessions().open(
        to, kService,
        {.writable = [this] { write(); }, .closed = [this](const auto&) { loop_.stop(); }});
    if (!stream) std::exit(1);
    stream_ = *stream;
    write();
  }
  void write() {
    while (left_ > 0) {
      if (piece_.empty()) piece_.assign(std::min(left_, kPiece), 7);
      const size_t size = piece_.size();
      if (node_->sessions().write(*stream_, std::move(piece_)) != session::WriteOutcome::accepted)
        return;
      left_ -= size;
      piece_.clear();
    }
    node_->sessions().finish(*stream_);
  }
  void read(node::StreamId stream) {
    if (begun_ == Clock::time_point{}) begun_ = Clock::now();
    while (true) {
      const Bytes bytes = node_->sessions().read(stream, kPiece);
      if (bytes.empty()) return;
      bytes_ += bytes.size();
    }
  }
  void report(node::StreamId stream) {
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    std::printf("{\"bytes\": %zu, \"seconds\": %.6f}\n", bytes_, seconds);
    std::fflush(stdout);
    node_->sessions().finish(stream);
  }

  os::EventLoop loop_;
  os::SystemRandom random_;
  os::OsRuntime runtime_;
  crypto::Identity identity_;
  crypto::Identity account_;
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<env::Timer> timer_;
  std::optional<node::StreamId> stream_;
  Bytes piece_;
  size_t left_ = 0;
  Clock::time_point begun_;
  size_t bytes_ = 0;
};

}  // namespace

int main(int count, char** words) {
  const std::string role = count > 1 ? words[1] : "";
  if (role == "serve" && count == 4) {
    End(words[2], static_cast<uint16_t>(std::atoi(words[3])), std::nullopt).serve();
    return 0;
  }
  if (role != "send" || count != 6) {
    std::fprintf(stderr, "usage: stream_end serve FOLDER PORT | send FOLDER KEY PORT MIB\n");
    return 2;
  }
  const auto peer = reach::parse_peer_uri(std::string("starling:") + words[3] +
                                          "?at=udp://127.0.0.1:" + words[4]);
  if (!peer) return 2;
  End(words[2], 0, *peer).send(*peer->key, static_cast<size_t>(std::atoll(words[5])) << 20);
  return 0;
}
