// os/linux/datagram_sender.h - hands datagrams to the kernel in as few system calls as possible.
//
// How:    consecutive datagrams of one size to one endpoint become a train: one message that the kernel
//         or the card takes apart (UDP_SEGMENT, "GSO"). The messages go out by sendmmsg, in order.
// Errors: every datagram is counted once: sent, or dropped for a reason. No room drops the rest of the
//         row too. A train that the kernel refuses is sent again one by one; if that works, the socket
//         sends no more trains.
#pragma once

#include <array>
#include <netinet/in.h>
#include <span>
#include <sys/socket.h>

#include "env/socket.h"
#include "os/linux/socket_address.h"

namespace starling::os {

class DatagramSender {
 public:
  // The kernel's limit (UDP_MAX_SEGMENTS): 64, in newer ones 128.
  static constexpr size_t kSegmentsMax = 64;
  // Below the 65,507 bytes that one IPv4 datagram can carry.
  static constexpr size_t kTrainBytesMax = 65'000;
  // Messages for one sendmmsg.
  static constexpr size_t kMessagesMax = 64;

  // `socket` is a borrowed, non-blocking datagram socket of the one family or the other.
  DatagramSender(int socket, bool ipv4);
  // The arrays point into each other.
  DatagramSender(const DatagramSender&) = delete;
  DatagramSender& operator=(const DatagramSender&) = delete;

  void send(std::span<const env::OutgoingDatagram> datagrams);
  // `received` stays 0.
  [[nodiscard]] const env::DatagramCounts& counts() const { return counts_; }
  [[nodiscard]] bool sends_trains() const { return sends_trains_; }

 private:
  struct alignas(cmsghdr) ControlBuffer {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))> bytes;
  };
  using Datagrams = std::span<const env::OutgoingDatagram>;

  // Fills the message arrays from the front of `datagrams`; returns how many datagrams that took.
  size_t plan(Datagrams datagrams);
  void add_message(Datagrams train);
  // False when the system has no room; what was not sent is counted.
  bool transmit();
  // Sends a train that the kernel refused with `train_error`. False when the system has no room.
  bool send_singly(Datagrams train, int train_error);
  void count_drop(int error_number, size_t datagrams);

  const int socket_;
  const bool ipv4_;
  bool sends_trains_;
  env::DatagramCounts counts_;

  size_t message_count_ = 0;
  size_t vector_count_ = 0;
  std::array<Datagrams, kMessagesMax> trains_;
  std::array<mmsghdr, kMessagesMax> messages_{};
  std::array<SocketAddress, kMessagesMax> receivers_{};
  std::array<ControlBuffer, kMessagesMax> controls_{};
  std::array<iovec, kMessagesMax * kSegmentsMax> vectors_{};
};

}  // namespace starling::os
