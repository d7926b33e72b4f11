#include "api/qr_rows.h"

#include <memory>
#include <qrencode.h>

namespace starling::api {

std::vector<std::string> qr_rows(const std::string& text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L), &QRcode_free);
  if (!code) return {};
  const auto width = static_cast<size_t>(code->width);
  std::vector<std::string> rows(width);
  for (size_t i = 0; i < width * width; ++i)
    rows[i / width] += (code->data[i] & 1) != 0 ? '1' : '0';
  return rows;
}

}  // namespace starling::api
