#include "messaging/conversation.h"

#include <algorithm>
#include <unistr.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::messaging {
namespace {

constexpr uint8_t kConversationVersion = 1;

}  // namespace

bool is_text(std::string_view text) {
  return !text.empty() && text.size() <= kTextSizeMax &&
         u8_check(view_of(text).data(), text.size()) == nullptr;
}

space::SpaceId conversation_of(const crypto::AccountKey& a, const crypto::AccountKey& b) {
  wire::Writer writer;
  writer.bytes(view_of("starling conversation")).u8(0);
  writer.fixed(std::min(a, b)).fixed(std::max(a, b));
  return space::SpaceId{crypto::sha256(writer.view()).value};
}

Conversation::Conversation(const crypto::AccountKey& own, State state)
    : own_(own), space_(conversation_of(own, state.peer)), state_(std::move(state)) {}

space::Entry Conversation::compose(const crypto::Identity& device, uint64_t now_unix_ms,
                                   std::string_view text) const {
  STARLING_CHECK(is_text(text));
  space::Entry entry;
  entry.space = space_;
  entry.author = own_;
  const auto last = state_.sequences.find(device.key());
  entry.sequence = last == state_.sequences.end() ? 1 : last->second + 1;
  entry.lamport = state_.lamport + 1;
  entry.written_unix_ms = now_unix_ms;
  entry.parents = state_.heads;
  entry.type = kTextType;
  entry.body = copy_of(view_of(text));
  space::sign(entry, device);
  return entry;
}

bool Conversation::may_hold(const space::Entry& entry, const crypto::NodeKey& device) const {
  if (entry.space != space_ || entry.author != state_.peer || entry.device != device) return false;
  if (entry.type == kTextType && !is_text(text_of(entry.body))) return false;
  // One place is ours.
  if (!state_.sequences.contains(device) && state_.sequences.size() + 1 >= kDevicesMax)
    return false;
  return space::is_authentic(entry);
}

Conversation::State Conversation::after(const space::Entry& entry) const {
  State state = state_;
  if (entry.author == state.peer) ++state.received;
  uint64_t& sequence = state.sequences[entry.device];
  sequence = std::max(sequence, entry.sequence);
  // A number beyond all reason is not taken over, so that ours stay below the limit.
  constexpr uint64_t kLeapMax = uint64_t{1} << 40;
  state.lamport = std::max(state.lamport, std::min(entry.lamport, state.lamport + kLeapMax));
  std::erase_if(state.heads, [&](const space::EntryId& head) {
    return std::ranges::binary_search(entry.parents, head);
  });
  const space::EntryId id = id_of(entry);
  state.heads.insert(std::ranges::upper_bound(state.heads, id), id);
  if (state.heads.size() > space::Entry::kParentsMax) {
    // The new one stays.
    const auto gone = state.heads.front() == id ? state.heads.begin() + 1 : state.heads.begin();
    state.heads.erase(gone);
  }
  return state;
}

std::optional<Conversation::State> decode_conversation(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kConversationVersion) return std::nullopt;
  Conversation::State state;
  state.peer = reader.fixed<crypto::AccountKey>();
  state.lamport = reader.u64();
  state.received = reader.u64();
  const size_t heads = reader.u8();
  if (!reader.ok() || heads > space::Entry::kParentsMax) return std::nullopt;
  for (size_t i = 0; i < heads; ++i) state.heads.push_back(reader.fixed<space::EntryId>());
  const size_t devices = reader.u8();
  if (!reader.ok() || devices > Conversation::kDevicesMax) return std::nullopt;
  for (size_t i = 0; i < devices; ++i) {
    const auto device = reader.fixed<crypto::NodeKey>();
    const bool ascends = state.sequences.empty() || state.sequences.rbegin()->first < device;
    if (!ascends) return std::nullopt;
    state.sequences[device] = reader.u64();
  }
  const bool ascending =
      std::ranges::adjacent_find(state.heads, std::greater_equal<>()) == state.heads.end();
  if (!reader.finish() || !ascending) return std::nullopt;
  return state;
}

Bytes encode(const Conversation::State& state) {
  STARLING_CHECK(state.sequences.size() <= Conversation::kDevicesMax);
  wire::Writer writer;
  writer.u8(kConversationVersion).fixed(state.peer).u64(state.lamport).u64(state.received);
  writer.u8(static_cast<uint8_t>(state.heads.size()));
  for (const space::EntryId& head : state.heads) writer.fixed(head);
  writer.u8(static_cast<uint8_t>(state.sequences.size()));
  for (const auto& [device, sequence] : state.sequences) writer.fixed(device).u64(sequence);
  return writer.take();
}

}  // namespace starling::messaging
