#include "routing/control_message.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"

namespace starling::routing {
namespace control_message_test {

using documented::bytes_of;

// docs/wire/routing.md#control-messages shows the same bytes.
constexpr std::string_view kHelloHex = "1001400019";
constexpr std::string_view kFirstEntryStartHex = "010000";
constexpr std::string_view kFirstEntryEndHex = "01000000807dd5c65b529febc91c0986b2fd2853";
constexpr std::string_view kSecondEntryHex =
    "000102"
    "02000064"
    "00b060b5fac45cf2242f0e16e46ed420";
constexpr std::string_view kRetractHex = "1201020000";
constexpr std::string_view kRequestHex = "1321fe31dfa154a261626bf854046fd2276b49d2000240";
constexpr std::string_view kKeepHex = "1400000e10";

// Link control messages have at most 16 KiB (docs/wire/link.md#control-channel).
constexpr size_t kControlMessageMax = 16'384;

std::string proven_entry_hex() {
  return std::string(kFirstEntryStartHex) + std::string(documented::kProvenAnnouncementHex) +
         std::string(kFirstEntryEndHex);
}
std::string update_hex() {
  return "11" + std::string(kFirstEntryStartHex) + std::string(documented::kAnnouncementHex) +
         std::string(kFirstEntryEndHex) + std::string(kSecondEntryHex);
}
RouteUpdate example_update() {
  RouteUpdate update;
  update.entries.push_back({0, documented::announcement(), 1, 0, documented::element(512)});
  update.entries.push_back({0x0102, std::nullopt, 2, 100, documented::element(1'018)});
  return update;
}
SequenceRequest example_request() { return {documented::node(), {1'800'000'000, 2}, 64}; }

bool is_read(ByteView bytes) { return decode_routing_message(bytes).has_value(); }
// Of `bytes` with the one at `at` replaced.
bool is_read_with(Bytes bytes, size_t at, unsigned value) {
  bytes[at] = static_cast<uint8_t>(value);
  return is_read(bytes);
}
std::string read_and_written(ByteView bytes) {
  const auto message = decode_routing_message(bytes);
  return message ? to_hex(encode(*message)) : "refused";
}

TEST(ControlMessageTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(encode(RouteHello{Role::router, 64, 25})), kHelloHex);
  EXPECT_EQ(to_hex(encode(example_update())), update_hex());
  EXPECT_EQ(to_hex(encode(RouteRetract{{0x0102, 0}})), kRetractHex);
  EXPECT_EQ(to_hex(encode(example_request())), kRequestHex);
  EXPECT_EQ(to_hex(encode(KeepPackets{3'600})), kKeepHex);
}

TEST(ControlMessageTest, ReadsTheDocumentedHello) {
  const auto message = decode_routing_message(bytes_of(kHelloHex)).value();
  const auto& hello = std::get<RouteHello>(message);
  EXPECT_EQ(hello.role, Role::router);
  EXPECT_EQ(hello.table_size, 64);
  EXPECT_EQ(hello.cost, 25);
}

TEST(ControlMessageTest, ReadsTheDocumentedUpdate) {
  const auto message = decode_routing_message(bytes_of(update_hex())).value();
  const auto& entries = std::get<RouteUpdate>(message).entries;
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].handle, 0);
  EXPECT_EQ(entries[0].announcement, documented::announcement());
  EXPECT_EQ(entries[0].step, 1);
  EXPECT_EQ(entries[0].metric, 0u);
  EXPECT_EQ(entries[0].proof, documented::element(512));
  EXPECT_EQ(entries[1].handle, 0x0102);
  EXPECT_FALSE(entries[1].announcement);
  EXPECT_EQ(entries[1].step, 2);
  EXPECT_EQ(entries[1].metric, 100u);
  EXPECT_EQ(entries[1].proof, documented::element(1'018));
}

TEST(ControlMessageTest, ReadsEntriesBehindAnAnnouncementWithAProof) {
  const std::string hex = "11" + proven_entry_hex() + std::string(kSecondEntryHex) +
                          proven_entry_hex() + update_hex().substr(2);
  EXPECT_EQ(read_and_written(bytes_of(hex)), hex);
  const auto message = decode_routing_message(bytes_of(hex)).value();
  const auto& entries = std::get<RouteUpdate>(message).entries;
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_EQ(entries[0].announcement, documented::proven_announcement());
  EXPECT_EQ(entries[0].proof, documented::element(512));
  EXPECT_FALSE(entries[1].announcement);
  EXPECT_EQ(entries[2].announcement, documented::proven_announcement());
  EXPECT_EQ(entries[3].announcement, documented::announcement());
}

TEST(ControlMessageTest, ReadsTheDocumentedRetractionAndRequest) {
  const auto retract = decode_routing_message(bytes_of(kRetractHex)).value();
  EXPECT_EQ(std::get<RouteRetract>(retract).handles, (std::vector<Handle>{0x0102, 0}));
  const auto message = decode_routing_message(bytes_of(kRequestHex)).value();
  const auto& request = std::get<SequenceRequest>(message);
  EXPECT_EQ(request.destination, documented::node());
  EXPECT_EQ(request.wanted, (Sequence{1'800'000'000, 2}));
  EXPECT_EQ(request.hops_left, 64);
}

TEST(ControlMessageTest, RefusesToKeepPacketsForMoreThanADay) {
  EXPECT_EQ(std::get<KeepPackets>(*decode_routing_message(bytes_of(kKeepHex))).seconds, 3'600u);
  EXPECT_TRUE(is_read(encode(KeepPackets{0})));
  EXPECT_TRUE(is_read(encode(KeepPackets{86'400})));
  EXPECT_FALSE(is_read(encode(KeepPackets{86'401})));
}

TEST(ControlMessageTest, ReadsWhatItWritesAtTheLimits) {
  const RoutingMessage messages[] = {
      RouteHello{Role::leaf, kSmallest, 1}, RouteHello{Role::router, 255, kCostMax},
      RouteUpdate{{{0xffff, std::nullopt, kSteps, kInfinity - 1, {}}}},
      RouteRetract{std::vector<Handle>(RouteRetract::kHandlesMax, 0xffff)},
      SequenceRequest{{}, {0xffff'ffff, 0}, 0}};
  for (const RoutingMessage& message : messages) {
    EXPECT_EQ(read_and_written(encode(message)), to_hex(encode(message)));
  }
}

TEST(ControlMessageTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  for (const std::string_view hex : {kHelloHex, kRequestHex, kKeepHex}) {
    Bytes bytes = bytes_of(hex);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(is_read(ByteView(bytes).first(size))) << hex << " " << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(is_read(bytes)) << hex;
  }
}

TEST(ControlMessageTest, RefusesAnUpdateThatEndsInsideAnEntry) {
  for (const std::string& hex :
       {update_hex(), "11" + proven_entry_hex() + std::string(kSecondEntryHex)}) {
    Bytes bytes = bytes_of(hex);
    const size_t end_of_first = bytes.size() - kSecondEntryHex.size() / 2;
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(is_read(ByteView(bytes).first(size)), size == end_of_first) << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(is_read(bytes));
  }
}

TEST(ControlMessageTest, RefusesARetractionThatEndsInsideAHandle) {
  Bytes bytes = bytes_of(kRetractHex);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(is_read(ByteView(bytes).first(size)), size == 3) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(is_read(bytes));
}

TEST(ControlMessageTest, LeavesEveryOtherMessageNumberToOthers) {
  for (const std::string& hex :
       {std::string(kHelloHex), update_hex(), std::string(kRetractHex), std::string(kRequestHex)}) {
    const Bytes bytes = bytes_of(hex);
    for (unsigned number = 0; number < 256; ++number) {
      if (number >= 0x10 && number <= 0x13) continue;
      EXPECT_FALSE(is_read_with(bytes, 0, number)) << number;
    }
  }
}

TEST(ControlMessageTest, RefusesAHelloWithAnUnknownRoleATinyTableOrACostOutOfRange) {
  const Bytes bytes = bytes_of(kHelloHex);
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(is_read_with(bytes, 1, value), value == 1 || value == 2) << value;
    EXPECT_EQ(is_read_with(bytes, 2, value), value >= 16) << value;
  }
  EXPECT_FALSE(is_read(bytes_of("1001400000")));
  EXPECT_TRUE(is_read(bytes_of("1001400001")));
  EXPECT_TRUE(is_read(bytes_of("1001400fff")));
  EXPECT_FALSE(is_read(bytes_of("1001401000")));
  EXPECT_FALSE(is_read(bytes_of("100140ffff")));
}

TEST(ControlMessageTest, RefusesAnEntryWithAReservedFlag) {
  const Bytes without = bytes_of("11" + std::string(kSecondEntryHex));
  EXPECT_TRUE(is_read(without));
  for (unsigned flags = 1; flags < 256; ++flags) {
    EXPECT_FALSE(is_read_with(without, 1, flags)) << flags;
  }
  const Bytes with = bytes_of(update_hex());
  for (unsigned flags = 2; flags < 256; ++flags) {
    EXPECT_FALSE(is_read_with(with, 1, flags)) << flags;
  }
}

TEST(ControlMessageTest, RefusesAnEntryWithAStepBeyondTheChainOrAnInfiniteMetric) {
  const Bytes bytes = bytes_of("11" + std::string(kSecondEntryHex));
  for (unsigned step = 0; step < 256; ++step) {
    EXPECT_EQ(is_read_with(bytes, 4, step), step >= 1 && step <= 16) << step;
  }
  Bytes infinite = bytes;
  infinite[5] = infinite[6] = infinite[7] = 0xff;
  EXPECT_FALSE(is_read(infinite));
  infinite[7] = 0xfe;
  EXPECT_TRUE(is_read(infinite));
}

TEST(ControlMessageTest, RefusesAnEntryWithAMalformedAnnouncement) {
  const Bytes bytes = bytes_of(update_hex());
  constexpr size_t kProofKindAt = 1 + 3 + 32;
  const Bytes proven = bytes_of("11" + proven_entry_hex());
  for (unsigned kind = 0; kind < 256; ++kind) {
    EXPECT_EQ(is_read_with(bytes, kProofKindAt, kind), kind == 0) << kind;
    EXPECT_EQ(is_read_with(proven, kProofKindAt, kind), kind == 1) << kind;
  }
}

TEST(ControlMessageTest, RefusesEmptyListsAndLongerOnesThanTheLimit) {
  EXPECT_FALSE(is_read(bytes_of("11")));
  EXPECT_FALSE(is_read(bytes_of("12")));
  const auto entry = bytes_of(kSecondEntryHex);
  Bytes update = {0x11};
  for (size_t i = 0; i < RouteUpdate::kEntriesMax; ++i) append(update, entry);
  EXPECT_TRUE(is_read(update));
  append(update, entry);
  EXPECT_FALSE(is_read(update));
  Bytes retract(1 + 2 * RouteRetract::kHandlesMax);
  retract[0] = 0x12;
  EXPECT_TRUE(is_read(retract));
  retract.resize(retract.size() + 2);
  EXPECT_FALSE(is_read(retract));
}

TEST(ControlMessageTest, RefusesARequestForAnImpossibleStepOrFromTooFar) {
  const Bytes bytes = bytes_of(kRequestHex);
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(is_read_with(bytes, 21, value), value <= 16) << value;
    EXPECT_EQ(is_read_with(bytes, 22, value), value <= 64) << value;
  }
}

TEST(ControlMessageTest, TheLargestMessageFitsTheControlChannel) {
  RouteUpdate update;
  update.entries.assign(RouteUpdate::kEntriesMax, example_update().entries[0]);
  for (UpdateEntry& entry : update.entries) entry.announcement = documented::proven_announcement();
  EXPECT_EQ(encode(update).size(), 12'417u);
  EXPECT_LE(encode(update).size(), kControlMessageMax);
}

TEST(ControlMessageTest, AListTooLongToSendIsAProgrammingError) {
  RouteUpdate update;
  update.entries.resize(RouteUpdate::kEntriesMax + 1);
  EXPECT_DEATH(encode(update), "kEntriesMax");
  RouteRetract retract;
  retract.handles.resize(RouteRetract::kHandlesMax + 1);
  EXPECT_DEATH(encode(retract), "kHandlesMax");
}

}  // namespace control_message_test
}  // namespace starling::routing
