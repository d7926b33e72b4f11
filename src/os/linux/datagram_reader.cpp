#include "os/linux/datagram_reader.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <vector>

#include "os/linux/socket_address.h"

namespace starling::os {
namespace {

struct alignas(cmsghdr) ControlBuffer {
  std::array<uint8_t, CMSG_SPACE(sizeof(int))> bytes;
};

// The size of the datagrams in a train; 0 when the message is a single datagram.
size_t segment_size(msghdr& message) {
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
       item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level != SOL_UDP || item->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(item), sizeof size);
    return size > 0 ? static_cast<size_t>(size) : 0;
  }
  return 0;
}

}  // namespace

struct DatagramReader::State {
  State(int given_socket, Limits given_limits, env::DatagramSocket::Receive function);

  void handle_readable();
  // False when the socket has nothing left. Fills `datagrams`.
  bool read_round();
  void take_apart(size_t index);

  int socket;
  Limits limits;
  // Shared with the callback under way, which may destroy the reader. Empty: it was destroyed.
  std::shared_ptr<const env::DatagramSocket::Receive> receive;
  uint64_t received = 0;

  // Left uninitialised: pages that no datagram ever reached take no memory.
  std::unique_ptr<uint8_t[]> buffer;
  std::vector<iovec> vectors;
  std::vector<SocketAddress> senders;
  std::vector<ControlBuffer> controls;
  std::vector<mmsghdr> messages;
  std::vector<env::ReceivedDatagram> datagrams;
};

DatagramReader::State::State(int given_socket, Limits given_limits,
                             env::DatagramSocket::Receive function)
    : socket(given_socket),
      limits(given_limits),
      receive(std::make_shared<const env::DatagramSocket::Receive>(std::move(function))),
      buffer(std::make_unique_for_overwrite<uint8_t[]>(limits.messages_per_round *
                                                       limits.message_size_max)),
      vectors(limits.messages_per_round),
      senders(limits.messages_per_round),
      controls(limits.messages_per_round),
      messages(limits.messages_per_round) {
  for (size_t i = 0; i < messages.size(); ++i) {
    vectors[i] = {buffer.get() + i * limits.message_size_max, limits.message_size_max};
    messages[i].msg_hdr.msg_name = &senders[i].any;
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = controls[i].bytes.data();
  }
}

void DatagramReader::State::handle_readable() {
  for (size_t round = 0; round < kRoundsMax; ++round) {
    const bool may_have_more = read_round();
    if (!datagrams.empty()) {
      const auto keep_alive = receive;
      (*keep_alive)(datagrams);
      if (!receive) return;
    }
    if (!may_have_more) return;
  }
}

bool DatagramReader::State::read_round() {
  datagrams.clear();
  for (auto& message : messages) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    message.msg_hdr.msg_controllen = sizeof(ControlBuffer);
  }
  const int count = recvmmsg(socket, messages.data(), static_cast<unsigned>(messages.size()),
                             MSG_DONTWAIT, nullptr);
  // Errors other than "nothing there" are what ICMP said about datagrams sent earlier. Reading has
  // cleared them.
  if (count < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) take_apart(i);
  received += datagrams.size();
  return static_cast<size_t>(count) == messages.size();
}

void DatagramReader::State::take_apart(size_t index) {
  msghdr& header = messages[index].msg_hdr;
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return;
  const Endpoint from = to_endpoint(senders[index]);
  ByteView rest{static_cast<const uint8_t*>(vectors[index].iov_base), messages[index].msg_len};
  const size_t segment = segment_size(header);
  while (segment != 0 && rest.size() > segment) {
    datagrams.push_back({from, rest.first(segment)});
    rest = rest.subspan(segment);
  }
  datagrams.push_back({from, rest});
}

DatagramReader::DatagramReader(EventLoop& loop, int socket, Limits limits,
                               env::DatagramSocket::Receive receive)
    : state_(std::make_shared<State>(socket, limits, std::move(receive))),
      watch_(loop, socket, [state = state_] { state->handle_readable(); }) {}

DatagramReader::~DatagramReader() { state_->receive.reset(); }

uint64_t DatagramReader::received() const { return state_->received; }

}  // namespace starling::os
