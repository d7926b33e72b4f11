#include "reach/beacon.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::reach {
namespace {

constexpr std::array<uint8_t, 4> kBeaconMagic = {'S', 'T', 'R', 'L'};

}  // namespace

std::string_view name_of(BeaconDrop reason) {
  switch (reason) {
    case BeaconDrop::not_a_beacon:
      return "not_a_beacon";
    case BeaconDrop::other_version:
      return "other_version";
    case BeaconDrop::malformed:
      return "malformed";
    case BeaconDrop::count_:
      break;
  }
  return "?";
}

std::expected<Beacon, BeaconDrop> Beacon::decode(ByteView datagram) {
  wire::Reader reader(datagram);
  const auto magic = reader.array<kBeaconMagic.size()>();
  const uint8_t version = reader.u8();
  if (!reader.ok() || magic != kBeaconMagic) return std::unexpected(BeaconDrop::not_a_beacon);
  if (version != kVersion) return std::unexpected(BeaconDrop::other_version);
  Beacon beacon;
  beacon.network = reader.fixed<crypto::NetworkTag>();
  beacon.udp_port = reader.u16();
  beacon.node_key = reader.fixed<crypto::NodeKey>();
  beacon.life = reader.u64();
  if (!reader.finish() || beacon.udp_port == 0) return std::unexpected(BeaconDrop::malformed);
  return beacon;
}

Bytes Beacon::encode() const {
  STARLING_CHECK(udp_port != 0);
  wire::Writer writer;
  writer.bytes(kBeaconMagic).u8(kVersion).fixed(network).u16(udp_port).fixed(node_key).u64(life);
  return writer.take();
}

BeaconSchedule::BeaconSchedule(Rng& rng, Instant now)
    : rng_(rng),
      start_(now),
      last_now_(now),
      regular_at_(now + kBeaconStartOffsets.front()),
      answer_allowed_from_(now) {}

void BeaconSchedule::handle_unknown_beacon(Instant now) {
  check_time(now);
  if (now >= answer_allowed_from_) {
    send_answer(now);
  } else {
    answer_at_ = answer_allowed_from_;
  }
}

void BeaconSchedule::handle_timeout(Instant now) {
  check_time(now);
  if (now >= regular_at_) {
    regular_at_ = next_regular(now);
    send_due_ = true;
    answer_at_ = kNever;  // every beacon tells the unknown node what an answer would
  }
  if (now >= answer_at_) send_answer(now);
}

bool BeaconSchedule::poll_send() { return std::exchange(send_due_, false); }

Instant BeaconSchedule::next_timeout() const { return std::min(regular_at_, answer_at_); }

void BeaconSchedule::check_time(Instant now) {
  STARLING_CHECK(now >= last_now_);
  last_now_ = now;
}

Instant BeaconSchedule::next_regular(Instant now) {
  while (start_offsets_done_ < kBeaconStartOffsets.size()) {
    const Instant at = start_ + kBeaconStartOffsets[start_offsets_done_];
    if (at > now) return at;
    ++start_offsets_done_;
  }
  const double factor = 1 - kBeaconJitter + 2 * kBeaconJitter * rng_.unit();
  return now + std::chrono::duration_cast<Duration>(kBeaconInterval * factor);
}

void BeaconSchedule::send_answer(Instant now) {
  send_due_ = true;
  answer_at_ = kNever;
  answer_allowed_from_ = now + kBeaconAnswerInterval;
}

}  // namespace starling::reach
