// messaging/device_list.h - the body of the directory record that says which nodes are a person's devices. Signed by the account.
// Wire: docs/wire/messages.md#device-list.
#pragma once

#include <optional>
#include <vector>

#include "directory/directory_message.h"

namespace starling::messaging {

struct DeviceList {
  static constexpr size_t kDevicesMax = 12;
  static constexpr uint32_t kLifetimeSeconds = 30 * 24 * 3'600;

  std::vector<crypto::NodeKey> devices;  // ascending; at least one
  friend bool operator==(const DeviceList&, const DeviceList&) = default;
};

std::optional<DeviceList> decode_device_list(ByteView bytes);
// Sorts the devices. Pre: from 1 to kDevicesMax of them, none twice.
Bytes encode(DeviceList list);

// The devices that an authentic record names; empty for any other record. Cost: a signature, about 50 us.
std::optional<DeviceList> devices_of(const directory::Record& record);
inline crypto::AccountKey account_of(const directory::Record& record) {
  return crypto::AccountKey{record.signer.value};
}
// Where the list of an account is found.
directory::Target device_list_target(const crypto::AccountKey& account);
// Signs the list of the account. `sequence`: above that of every earlier one.
directory::Record device_list_record(const crypto::Identity& account, DeviceList list,
                                     uint64_t sequence);

}  // namespace starling::messaging
