// api/qr_rows.h - a text as a QR code.
#pragma once

#include <string>
#include <vector>

namespace starling::api {

// One text of '0' (light) and '1' (dark) per row, without the quiet zone; empty when the text is too long (about 2,900 bytes).
std::vector<std::string> qr_rows(const std::string& text);

}  // namespace starling::api
