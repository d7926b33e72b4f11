// sim/misbehaviour.h - what nodes say that break the rules of routing as far as that cannot be proved to them.
//
// Threads: single owner.
#pragma once

#include "base/bytes.h"

namespace starling::sim {

// A control message with every distance in it as small as the chain of proofs lets it be: up to 15 less.
Bytes understated(ByteView control_message);

}  // namespace starling::sim
