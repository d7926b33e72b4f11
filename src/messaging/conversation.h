// messaging/conversation.h - the space of two people: what the next entry is tied to, and which entries may come.
//
// How:     compose() or may_hold(), write the entry and the state after() it to the disk; then that is the conversation.
// Rules and the attacks they answer:
//  - an entry is by one of the two, signed by a device that its author's list names: nobody else writes here;
//  - what numbers an author claims cannot keep the other from writing on.
// Threads: single owner.
#pragma once

#include <map>
#include <string>

#include "space/entry.h"

namespace starling::messaging {

// Of the entries of a conversation. Others are kept for a later program, and shown as something that this one cannot show.
inline constexpr uint8_t kTextType = 1;
inline constexpr size_t kTextSizeMax = 32 << 10;
// 1 to kTextSizeMax bytes of UTF-8.
bool is_text(std::string_view text);

space::SpaceId conversation_of(const crypto::AccountKey& a, const crypto::AccountKey& b);

class Conversation {
 public:
  // What is to be remembered of it.
  struct State {
    crypto::AccountKey peer;
    uint64_t lamport = 0;
    uint64_t received = 0;                   // entries of the peer
    std::vector<space::EntryId> heads = {};  // ascending, at most Entry::kParentsMax
    // The highest of each device, ours too; at most kDevicesMax.
    std::map<crypto::NodeKey, uint64_t> sequences = {};
    friend bool operator==(const State&, const State&) = default;
  };
  static constexpr size_t kDevicesMax = 64;

  Conversation(const crypto::AccountKey& own, State state);

  // The next entry of ours. Pre: is_text(text).
  [[nodiscard]] space::Entry compose(const crypto::Identity& device, uint64_t now_unix_ms,
                                     std::string_view text) const;
  // Whether an entry of the peer belongs here. Pre: `device` is one of the peer's devices. Cost: a signature, about 50 us.
  [[nodiscard]] bool may_hold(const space::Entry& entry, const crypto::NodeKey& device) const;
  // The state once the entry is on the disk.
  [[nodiscard]] State after(const space::Entry& entry) const;
  [[nodiscard]] const State& state() const { return state_; }

 private:
  crypto::AccountKey own_;
  space::SpaceId space_;
  State state_;
};

// How a conversation is kept in its row; empty for anything that encode() would not write.
std::optional<Conversation::State> decode_conversation(ByteView bytes);
Bytes encode(const Conversation::State& state);

}  // namespace starling::messaging
