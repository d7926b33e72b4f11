// node/node.h - a whole node: assembles the cores on a runtime. What the API, the simulator and the demo see.
//
// How:     start() opens the sockets and reads the files, then everything runs by itself; stop() says goodbye to the
//          neighbours and writes what is not written yet.
// Threads: network thread; callbacks come on it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "node/content/transfer_list.h"
#include "node/meeting.h"
#include "node/mesh.h"
#include "node/messages/messenger.h"
#include "node/node_config.h"
#include "node/proof_keeper.h"
#include "node/session_driver.h"
#include "node/sleep_schedule.h"

namespace starling::node {

struct PeerStatus {
  crypto::NodeKey key;
  link::LinkId link;
  link::CarrierKind carrier = link::CarrierKind::udp;
  Endpoint remote;
  bool is_friend = false;
  Duration rtt{};  // smoothed; zero before the first sample
  Duration up_for{};
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  size_t mtu = 0;
  crypto::Cipher cipher = crypto::Cipher::chacha20_poly1305;
  uint8_t version = 0;
};

struct NodeStatus {
  crypto::NodeKey key;
  crypto::AccountKey account;
  std::string network;
  Duration up_for{};
  std::vector<reach::PeerAddress> listening;  // sockets as bound
  std::vector<reach::PeerAddress> addresses;  // where others may reach us
  size_t links = 0;
  size_t dialing = 0;
  bool lan = false;
  bool heard_own_key = false;
  std::optional<int64_t> clock_offset_s;
  ProofState proof = ProofState::off;
  bool is_leaf = false;
  bool is_asleep = false;
  size_t known_nodes = 0;  // destinations in the routing table
  size_t records = 0;      // held for the directory
  size_t sessions = 0;
  size_t streams = 0;
  size_t announced = 0;        // files and folders that others can have from here
  uint64_t bytes_served = 0;   // of content, to other nodes
  uint64_t bytes_fetched = 0;  // of content, and checked
  std::vector<std::pair<std::string, uint64_t>> counters;  // name and value, all that are not zero
};

// For people who watch: what has just changed.
struct NodeEvent {
  enum class Kind : uint8_t {
    link_up,
    link_down,
    runs_twice,     // another process has this home's identity and is the newer one: stop
    transfer_over,  // `transfer`
    message,        // `message` is new, or has another state
    proof,          // the state of this node's proof is another: NodeStatus::proof
    proof_dropped,  // what the home held was damaged or another node's
  };
  Kind kind;
  crypto::NodeKey peer;
  std::string detail;
  std::optional<TransferStatus> transfer = {};
  std::optional<Message> message = {};
};

class Node {
 public:
  // References are borrowed and must outlive the node. `account`: the person's whose device this node is.
  Node(env::Runtime& runtime, NodeConfig config, const crypto::Identity& identity,
       const crypto::Identity& account);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // `done` comes once; after an error the node does nothing and only destroying it is left.
  void start(std::function<void(std::expected<void, StartError>)> done);
  void stop(std::function<void()> done);

  [[nodiscard]] NodeStatus status() const;
  // In the order of their keys.
  [[nodiscard]] std::vector<PeerStatus> peers() const;
  [[nodiscard]] std::vector<reach::Dialer::State> dialing() const { return meeting_->dialing(); }
  void invite(std::chrono::seconds lifetime, Meeting::InviteDone done) {
    meeting_->invite(lifetime, std::move(done));
  }
  void join(const reach::PeerUri& uri, std::function<void(JoinOutcome)> done) {
    wake();
    meeting_->join(uri, std::move(done));
  }

  void set_observer(std::function<void(const NodeEvent&)> observer) {
    observer_ = std::move(observer);
  }
  // The interface watch saw the addresses of this computer change.
  void network_changed();

  // Pre: start() succeeded.
  Mesh& mesh() { return *mesh_; }
  [[nodiscard]] const Mesh& mesh() const { return *mesh_; }
  LinkDriver& links() { return *driver_; }
  env::Runtime& runtime() { return runtime_; }
  SessionDriver& sessions() { return *sessions_; }
  Library& library() { return *library_; }
  TransferList& transfers() { return *transfers_; }
  Messenger& messenger() { return *messenger_; }
  [[nodiscard]] const Messenger& messenger() const { return *messenger_; }

 private:
  void begin();
  void load_tables(std::function<void(std::expected<void, StartError>)> done);
  std::expected<void, StartError> open_sockets();
  void read_epoch(std::function<void(std::expected<void, StartError>)> done);
  void start_mesh(uint32_t stored_epoch);
  void write_epoch(uint32_t epoch);
  void make_proof();
  // Of a leaf: sleeps or wakes when it is time.
  void keep_sleep();
  void wake();
  [[nodiscard]] bool is_busy() const;
  void tell(NodeEvent::Kind what);
  void handle_event(link::LayerEvent& event);
  void handle_control(const link::LinkEvent& event, const link::ControlReceived& control);

  env::Runtime& runtime_;
  NodeConfig config_;
  const crypto::Identity& identity_;
  const crypto::Identity& account_;
  crypto::AccountKey account_key_;
  Instant started_{};
  ProofKeeper proof_;
  SleepSchedule sleep_;
  std::unique_ptr<env::Timer> sleep_timer_;
  std::unique_ptr<LinkDriver> driver_;
  std::unique_ptr<Meeting> meeting_;
  // From a successful start on.
  std::unique_ptr<Mesh> mesh_;
  std::unique_ptr<SessionDriver> sessions_;
  std::unique_ptr<Library> library_;
  std::unique_ptr<TransferList> transfers_;
  std::unique_ptr<Messenger> messenger_;
  std::function<void(const NodeEvent&)> observer_;
  uint64_t unknown_control_messages_ = 0;
};

}  // namespace starling::node
