#include "daemon/running_node.h"

#include <csignal>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include "crypto/key_text.h"
#include "os/blobs/disk_blob_store.h"
#include "os/file_store.h"
#include "os/sqlite_table_store.h"

namespace starling::daemon {
namespace {

// For the errors of all three stores, which have these names in common.
template <typename Error>
std::string describe_store(Error error, const std::string& path) {
  if (error == Error::no_space)
    return fmt::format("there is no space left on the disk for {}", path);
  if (error == Error::not_permitted) return fmt::format("this user may not use {}", path);
  if constexpr (requires { Error::newer_schema; }) {
    if (error == Error::newer_schema) {
      return fmt::format(
          "{} was written by a newer version of Starling; it was left untouched: start that "
          "version",
          path);
    }
    if (error == Error::damaged) return fmt::format("{} is damaged; it was left untouched", path);
  }
  return fmt::format("{} cannot be used", path);
}

// A person who chose no address learns which one the program chose, and how to choose another.
std::string describe_start(const node::StartError& error, const Settings& settings) {
  if (settings.listens_by_default && error.kind == node::StartError::Kind::cannot_listen &&
      error.socket_error == env::SocketError::address_in_use) {
    return fmt::format(
        "port {} (UDP) is in use by another program, perhaps by another node; choose another one, "
        "for example with: "
        "--listen udp://0.0.0.0:{}",
        error.endpoint.port, error.endpoint.port + 10);
  }
  return describe(error);
}

std::string describe_api(http::ListenError error, const Endpoint& address,
                         const Settings& settings) {
  if (!settings.api && error == http::ListenError::address_in_use) {
    return fmt::format(
        "port {} for the API is in use by another program, perhaps by another node; choose another "
        "one, for example "
        "with: --api 127.0.0.1:{}",
        address.port, address.port + 10);
  }
  return http::describe(error, "the API", "--api", address);
}

// Nothing is left to wait for when the owner asks a second time.
void exit_at_once_on_signals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { ::_exit(1); });
}

}  // namespace

RunningNode::RunningNode(Settings settings, os::HomePaths paths, const os::HomeIdentity& identity,
                         std::shared_ptr<spdlog::logger> log)
    : settings_(std::move(settings)),
      paths_(std::move(paths)),
      identity_(identity.node_seed),
      account_(identity.account_seed),
      log_(std::move(log)) {}

std::expected<void, std::string> RunningNode::run(std::function<void(const Ready&)> ready) {
  ready_ = std::move(ready);
  if (auto assembled = assemble(); !assembled) return assembled;
  signals_.emplace(loop_, [this] {
    log_->info("stopping, because of a signal");
    stop();
  });
  node_->start([this](const auto& started) { handle_started(started); });
  loop_.run();
  // The file goes first, so that no command finds an API that is about to close.
  api_file_.reset();
  if (server_) server_->stop();
  if (gateway_server_) gateway_server_->stop();
  return outcome_;
}

std::expected<void, std::string> RunningNode::assemble() {
  auto stores = open_stores();
  if (!stores) return std::unexpected(stores.error());
  runtime_ = std::make_unique<os::OsRuntime>(loop_, std::move(*stores));
  node_ = std::make_unique<node::Node>(*runtime_, settings_.node, identity_, account_);
  node_api_ = std::make_unique<api::NodeApi>(
      [this](std::function<void()> task) { loop_.post(std::move(task)); }, *node_,
      api::Desk::Setup{.version = STARLING_VERSION, .stop = [this] {
                         log_->info("stopping, because a program asked for it");
                         stop();
                       }});
  gateway_ = std::make_unique<gateway::Gateway>(
      [this](std::function<void()> task) { loop_.post(std::move(task)); }, *node_);
  node_->set_observer([this](const node::NodeEvent& event) { handle_event(event); });
  return {};
}

std::expected<os::OsRuntime::Stores, std::string> RunningNode::open_stores() {
  const std::string store = (paths_.data_dir / "store").string();
  auto files = os::FolderFileStore::open(loop_, store);
  if (!files) return std::unexpected(describe_store(files.error(), store));
  const std::string database = (paths_.data_dir / "tables.db").string();
  auto tables = os::SqliteTableStore::open(loop_, database);
  if (!tables) return std::unexpected(describe_store(tables.error(), database));
  const std::string folder = (paths_.data_dir / "blobs").string();
  auto blobs = os::DiskBlobStore::open(loop_, folder, settings_.cache_bytes);
  if (!blobs) return std::unexpected(describe_store(blobs.error(), folder));
  return os::OsRuntime::Stores{std::move(*files), std::move(*tables), std::move(*blobs)};
}

void RunningNode::handle_started(const std::expected<void, node::StartError>& started) {
  if (stopping_) return;
  if (!started) return fail(describe_start(started.error(), settings_));
  if (auto opened = open_api(); !opened) return fail(opened.error());
  if (auto opened = open_gateway(); !opened) return fail(opened.error());
  invite_or_announce();
}

std::expected<void, std::string> RunningNode::open_api() {
  const auto token = api_random_.secret<os::ApiToken>();
  const Endpoint address = settings_.api.value_or(default_api());
  auto server = api::ApiServer::start(address, api::AccessToken(token.reveal()), api_random_,
                                      node_api_->handler());
  if (!server) return std::unexpected(describe_api(server.error(), address, settings_));
  server_ = std::move(*server);
  auto file = os::ApiFile::publish(
      paths_, {.address = server_->address(), .token = token, .process = ::getpid()});
  if (!file) return std::unexpected(describe(file.error()));
  api_file_.emplace(std::move(*file));
  return {};
}

std::expected<void, std::string> RunningNode::open_gateway() {
  if (settings_.gateway_off) return {};
  const Endpoint address = settings_.gateway.value_or(default_gateway());
  auto server = http::Server::listen(address, gateway::Gateway::headers());
  if (server) {
    gateway_server_ = std::move(*server);
    gateway_server_->serve(gateway_->handler());
    node_api_->set_gateway(gateway_server_->address());
    return {};
  }
  std::string reason = http::describe(server.error(), "the gateway", "--gateway", address);
  if (settings_.gateway) return std::unexpected(std::move(reason));
  // Nobody asked for this address: the node is worth running without.
  no_gateway_ = std::move(reason);
  log_->warn("{}", no_gateway_);
  return {};
}

void RunningNode::invite_or_announce() {
  if (!settings_.invite) return announce(std::nullopt);
  node_->invite(reach::Invitations::kLifetimeDefault, [this](const auto& link) {
    if (!link) log_->warn("no invitation could be made; try: starling invite");
    announce(link ? std::optional(reach::to_text(*link)) : std::nullopt);
  });
}

void RunningNode::announce(std::optional<std::string> invitation) {
  if (stopping_) return;
  Ready ready{.status = node_->status(),
              .api = server_->address(),
              .gateway = {},
              .no_gateway = no_gateway_,
              .invitation = std::move(invitation),
              .login_url = {}};
  if (settings_.invite) ready.login_url = server_->login_url();
  if (gateway_server_) ready.gateway = gateway_server_->address();
  ready_(ready);
}

void RunningNode::handle_event(const node::NodeEvent& event) {
  const std::string peer = to_text(event.peer);
  switch (event.kind) {
    case node::NodeEvent::Kind::link_up:
      log_->info("link to {} is up", peer);
      break;
    case node::NodeEvent::Kind::link_down:
      log_->info("link to {} is down: {}", peer, event.detail);
      break;
    case node::NodeEvent::Kind::runs_twice:
      outcome_ = std::unexpected(
          "a copy of this home was started elsewhere, and two nodes must not have one identity; "
          "this older one stops");
      loop_.post([this] { stop(); });  // not from inside the node's own call
      break;
    case node::NodeEvent::Kind::proof:
      if (node_->status().proof == node::ProofState::made) {
        log_->info("the proof of work is made: this node ranks among those with one");
      } else {
        log_->warn("no proof of work could be made; the next start tries again");
      }
      break;
    case node::NodeEvent::Kind::proof_dropped:
      log_->warn("the proof of work in {} is damaged or another node's, and does not count",
                 (paths_.data_dir / "store" / "proof").string());
      break;
    case node::NodeEvent::Kind::transfer_over: {
      const node::TransferStatus& transfer = *event.transfer;
      log_->info("{} of {} ended: {}", name_of(transfer.kind), transfer.subject,
                 transfer.failure ? describe(*transfer.failure) : transfer.link);
      break;
    }
    case node::NodeEvent::Kind::message: {
      const node::Message& message = *event.message;
      log_->info("message {} {} {}: {}", message.number, message.is_outgoing() ? "to" : "from",
                 to_text(message.peer), name_of(message.state));
      break;
    }
  }
  node_api_->handle_event(event);
}

void RunningNode::fail(std::string sentence) {
  outcome_ = std::unexpected(std::move(sentence));
  stopping_ = true;
  loop_.stop();
}

void RunningNode::stop() {
  if (stopping_) return;
  stopping_ = true;
  signals_.reset();
  exit_at_once_on_signals();
  api_file_.reset();
  node_->stop([this] { loop_.stop(); });
}

}  // namespace starling::daemon
