// reach/invite_secret.h - the one-time secret of an invitation: who presents it was invited.
#pragma once

#include "crypto/secret.h"

namespace starling::reach {

// 128 random bits: guessing one of 256 open ones is hopeless at any rate.
using InviteSecret = crypto::Secret<16, struct InviteSecretTag>;

}  // namespace starling::reach
