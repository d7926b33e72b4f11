// sim/trace.h - a running hash over every packet handed to the network: equal runs, equal hashes.
#pragma once

#include <functional>
#include <string>

#include "base/time.h"
#include "sim/host_id.h"

namespace starling::sim {

// Kinds below 0x100 are the first byte of a UDP datagram.
inline constexpr uint16_t kBeaconKind = 0x100;
inline constexpr uint16_t kStreamOpenKind = 0x101;
inline constexpr uint16_t kStreamAcceptKind = 0x102;
inline constexpr uint16_t kStreamDataKind = 0x103;
inline constexpr uint16_t kStreamCloseKind = 0x104;  // closing, refusing, resetting
inline constexpr uint16_t kEmptyDatagramKind = 0x1ff;

struct TraceLine {
  Instant at;
  HostId from;
  HostId to;      // kNoHost: nobody has the address
  uint32_t size;  // payload bytes, without IP and UDP headers
  uint16_t kind;
};

inline constexpr const char* kTraceCsvHeader = "time_ns,from,to,size,kind";
// One line without its end, columns as in kTraceCsvHeader; `to` is empty for kNoHost.
std::string to_csv(const TraceLine& line);

class Trace {
 public:
  using Listener = std::function<void(const TraceLine&)>;

  void add(const TraceLine& line);
  [[nodiscard]] uint64_t hash() const { return hash_; }
  [[nodiscard]] uint64_t packets() const { return packets_; }
  // Called for each packet from now on, inside the sender's call; an empty one ends that.
  void set_listener(Listener listener) { listener_ = std::move(listener); }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
  uint64_t packets_ = 0;
  Listener listener_;
};

}  // namespace starling::sim
