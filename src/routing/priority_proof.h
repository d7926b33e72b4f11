// routing/priority_proof.h - the work behind a node's priority: what it is done on, and whether it was done.
//
// Wire: docs/wire/routing.md#announcement, docs/wire/work-proof.md.
#pragma once

#include "base/bytes.h"
#include "crypto/keys.h"
#include "crypto/work_proof.h"

namespace starling::routing {

// As encoded by crypto::encode(WorkProof), of crypto::kWorkProofParameters.
using PriorityProof = FixedBytes<crypto::kWorkProofSize, struct PriorityProofTag>;

// What a node of that key does its work on. Nothing but the key, so that the work is done once in a node's life.
Bytes priority_subject(const crypto::NodeKey& key);

// Cost: about 4 us.
bool is_priority_proof(const crypto::NodeKey& key, const PriorityProof& proof);

}  // namespace starling::routing
