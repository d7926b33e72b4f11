#include "os/linux/datagram_sender.h"

#include <cerrno>
#include <cstring>
#include <netinet/udp.h>

namespace starling::os {
namespace {

using env::OutgoingDatagram;

constexpr int kSendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;

bool means_no_room(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

// The refusals of UDP_SEGMENT itself (net/ipv4/udp.c). Some also say that one segment is above the
// MTU.
bool may_refuse_trains(int error_number) {
  return error_number == EIO || error_number == EINVAL || error_number == ENOPROTOOPT;
}

// How many datagrams at the front can travel as one train: one receiver, one size, only the last
// may be shorter.
size_t train_length(std::span<const OutgoingDatagram> datagrams) {
  const auto& first = datagrams.front();
  const size_t segment = first.bytes.size();
  if (segment == 0) return 1;
  size_t total = segment;
  size_t length = 1;
  while (length < datagrams.size() && length < DatagramSender::kSegmentsMax) {
    const auto& next = datagrams[length];
    if (next.bytes.empty() || next.bytes.size() > segment || next.to != first.to) break;
    if (total + next.bytes.size() > DatagramSender::kTrainBytesMax) break;
    total += next.bytes.size();
    ++length;
    if (next.bytes.size() < segment) break;
  }
  return length;
}

// Older kernels ignore the control message and would send a train as one datagram, so they are
// asked first.
bool kernel_has_trains(int socket) {
  const int off = 0;
  return setsockopt(socket, SOL_UDP, UDP_SEGMENT, &off, sizeof off) == 0;
}

}  // namespace

DatagramSender::DatagramSender(int socket, bool ipv4)
    : socket_(socket), ipv4_(ipv4), sends_trains_(kernel_has_trains(socket)) {}

void DatagramSender::send(Datagrams datagrams) {
  while (!datagrams.empty()) {
    datagrams = datagrams.subspan(plan(datagrams));
    if (transmit()) continue;
    counts_.dropped_full += datagrams.size();
    return;
  }
}

size_t DatagramSender::plan(Datagrams datagrams) {
  message_count_ = 0;
  vector_count_ = 0;
  size_t planned = 0;
  while (planned < datagrams.size() && message_count_ < kMessagesMax) {
    const Datagrams rest = datagrams.subspan(planned);
    if (rest.front().to.is_ipv4() != ipv4_) {
      ++counts_.dropped_error;
      ++planned;
      continue;
    }
    const size_t length = sends_trains_ ? train_length(rest) : 1;
    add_message(rest.first(length));
    planned += length;
  }
  return planned;
}

void DatagramSender::add_message(Datagrams train) {
  const size_t index = message_count_++;
  trains_[index] = train;
  receivers_[index] = to_socket_address(train.front().to);
  msghdr& header = messages_[index].msg_hdr;
  header = {};
  header.msg_name = &receivers_[index].any;
  header.msg_namelen = receivers_[index].size;
  header.msg_iov = &vectors_[vector_count_];
  header.msg_iovlen = train.size();
  for (const auto& datagram : train) {
    vectors_[vector_count_++] = {const_cast<uint8_t*>(datagram.bytes.data()),
                                 datagram.bytes.size()};
  }
  if (train.size() == 1) return;
  header.msg_control = controls_[index].bytes.data();
  header.msg_controllen = sizeof controls_[index].bytes;
  cmsghdr* item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = SOL_UDP;
  item->cmsg_type = UDP_SEGMENT;
  item->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto segment = static_cast<uint16_t>(train.front().bytes.size());
  std::memcpy(CMSG_DATA(item), &segment, sizeof segment);
}

bool DatagramSender::transmit() {
  size_t next = 0;
  bool has_room = true;
  while (next < message_count_ && has_room) {
    const int sent = sendmmsg(socket_, &messages_[next],
                              static_cast<unsigned>(message_count_ - next), kSendFlags);
    if (sent > 0) {
      const size_t end = next + static_cast<size_t>(sent);
      for (; next < end; ++next) counts_.sent += trains_[next].size();
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    const Datagrams train = trains_[next++];
    if (train.size() > 1 && (may_refuse_trains(error) || error == EMSGSIZE)) {
      has_room = send_singly(train, error);
    } else {
      count_drop(error, train.size());
      has_room = !means_no_room(error);
    }
  }
  for (; next < message_count_; ++next) counts_.dropped_full += trains_[next].size();
  return has_room;
}

bool DatagramSender::send_singly(Datagrams train, int train_error) {
  const SocketAddress to = to_socket_address(train.front().to);
  for (size_t i = 0; i < train.size(); ++i) {
    ssize_t sent = 0;
    do {
      sent = sendto(socket_, train[i].bytes.data(), train[i].bytes.size(), kSendFlags, &to.any,
                    to.size);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
      ++counts_.sent;
      // Each alone goes out, so it was the train that the kernel did not like.
      if (may_refuse_trains(train_error) && i == 0) sends_trains_ = false;
    } else if (means_no_room(errno)) {
      counts_.dropped_full += train.size() - i;
      return false;
    } else {
      count_drop(errno, 1);
    }
  }
  return true;
}

void DatagramSender::count_drop(int error_number, size_t datagrams) {
  if (means_no_room(error_number)) {
    counts_.dropped_full += datagrams;
  } else if (error_number == EMSGSIZE) {
    counts_.dropped_too_big += datagrams;
  } else {
    counts_.dropped_error += datagrams;
  }
}

}  // namespace starling::os
