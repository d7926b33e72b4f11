// api/message_json.h - messages and contacts as JSON. The member names are stable: docs/api.md.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "node/messages/messenger.h"

namespace starling::api {

// With the contact's name, and why it has not got through, as the messenger knows them now.
nlohmann::json message_json(const node::Message& message, const node::Messenger& messenger);
nlohmann::json contact_json(const crypto::AccountKey& account, const node::Contact& contact);
nlohmann::json contacts_json(const node::ContactBook& contacts);

}  // namespace starling::api
