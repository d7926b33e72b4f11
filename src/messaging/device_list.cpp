#include "messaging/device_list.h"

#include <algorithm>

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::messaging {
namespace {

constexpr uint8_t kDeviceListVersion = 1;
constexpr auto kDevicesKind = static_cast<uint8_t>(directory::RecordKind::devices);

}  // namespace

std::optional<DeviceList> decode_device_list(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kDeviceListVersion) return std::nullopt;
  const size_t count = reader.u8();
  if (!reader.ok() || count == 0 || count > DeviceList::kDevicesMax) return std::nullopt;
  DeviceList list;
  for (size_t i = 0; i < count; ++i) list.devices.push_back(reader.fixed<crypto::NodeKey>());
  const bool ascending =
      std::ranges::adjacent_find(list.devices, std::greater_equal<>()) == list.devices.end();
  if (!reader.finish() || !ascending) return std::nullopt;
  return list;
}

Bytes encode(DeviceList list) {
  std::ranges::sort(list.devices);
  STARLING_CHECK(!list.devices.empty() && list.devices.size() <= DeviceList::kDevicesMax);
  wire::Writer writer;
  writer.u8(kDeviceListVersion).u8(static_cast<uint8_t>(list.devices.size()));
  for (const crypto::NodeKey& device : list.devices) writer.fixed(device);
  return writer.take();
}

std::optional<DeviceList> devices_of(const directory::Record& record) {
  if (record.kind != kDevicesKind || !directory::is_authentic(record)) return std::nullopt;
  return decode_device_list(record.body);
}

directory::Target device_list_target(const crypto::AccountKey& account) {
  return {kDevicesKind, directory::position_of(kDevicesKind, crypto::NodeKey{account.value})};
}

directory::Record device_list_record(const crypto::Identity& account, DeviceList list,
                                     uint64_t sequence) {
  directory::Record record;
  record.kind = kDevicesKind;
  record.sequence = sequence;
  record.lifetime_s = DeviceList::kLifetimeSeconds;
  record.body = encode(std::move(list));
  directory::sign(record, account);
  return record;
}

}  // namespace starling::messaging
