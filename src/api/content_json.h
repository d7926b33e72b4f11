// api/content_json.h - transfers, sites and pins as JSON. The member names are stable: docs/api.md.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "node/content/transfer_list.h"

namespace starling::api {

nlohmann::json transfer_json(const node::TransferStatus& status);
nlohmann::json transfers_json(const std::vector<node::TransferStatus>& transfers);
nlohmann::json sites_json(const node::SiteBook& sites);
nlohmann::json pins_json(const node::PinBook& pins);
nlohmann::json store_json(const env::StoreUsage& usage, const node::Library& library);

}  // namespace starling::api
