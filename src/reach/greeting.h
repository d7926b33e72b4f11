// reach/greeting.h - the control messages that two neighbours exchange when their link comes up.
//
// Wire: docs/wire/greeting.md. Each begins with its number (wire/message_number.h).
#pragma once

#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/time.h"
#include "reach/invitations.h"
#include "reach/invite_secret.h"

namespace starling::reach {

// What the sender's clock says. Sent once per link.
struct ClockMessage {
  WallTime now;
};
// Takes up an invitation.
struct InviteMessage {
  InviteSecret secret;
};
// The answer to it.
struct InviteOutcomeMessage {
  RedeemOutcome outcome = RedeemOutcome::unknown;
};

using Greeting = std::variant<ClockMessage, InviteMessage, InviteOutcomeMessage>;

// Empty when `message` is none of the three, or malformed.
std::optional<Greeting> decode_greeting(ByteView message);
Bytes encode(const Greeting& greeting);

}  // namespace starling::reach
