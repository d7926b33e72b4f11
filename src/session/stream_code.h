// session/stream_code.h - the error codes of QUIC frames: why a stream or a connection ends.
//
// Wire: docs/wire/session.md#codes.
#pragma once

#include <cstdint>

namespace starling::session {

// RESET_STREAM and STOP_SENDING.
inline constexpr uint64_t kStreamRefused = 0x01;
inline constexpr uint64_t kStreamBadHeader = 0x02;
// Codes of applications, 32 bits, follow this one.
inline constexpr uint64_t kStreamApplicationBase = 0x1'0000'0000;

// CONNECTION_CLOSE of type 0x1d.
inline constexpr uint64_t kConnectionIdle = 0x00;
inline constexpr uint64_t kConnectionLeft = 0x01;  // the node goes, or the owner ends the session
inline constexpr uint64_t kConnectionReplaced =
    0x02;  // by another connection of the same two nodes

}  // namespace starling::session
