#include "link/reassembler.h"

#include <algorithm>

#include "base/check.h"

namespace starling::link {

std::vector<FragmentFrame> cut_into_fragments(uint32_t id, ByteView row, size_t frame_size_max) {
  STARLING_CHECK(frame_size_max > kFragmentFrameOverhead);
  const size_t piece_max = frame_size_max - kFragmentFrameOverhead;
  const size_t count = (row.size() + piece_max - 1) / piece_max;
  std::vector<FragmentFrame> fragments;
  if (count < 2 || count > FragmentFrame::kCountMax) return fragments;
  for (size_t i = 0; i < count; ++i) {
    const ByteView piece =
        row.subspan(i * piece_max, std::min(piece_max, row.size() - i * piece_max));
    fragments.push_back({id, static_cast<uint8_t>(i), static_cast<uint8_t>(count), piece});
  }
  return fragments;
}

void Reassembler::drop(std::map<uint32_t, Row>::iterator row) {
  bytes_ -= row->second.bytes;
  rows_.erase(row);
}

size_t Reassembler::make_room(size_t bytes, uint32_t keep) {
  size_t dropped = 0;
  auto row = rows_.begin();
  while (row != rows_.end() && (rows_.size() > kRowsMax || bytes_ + bytes > kBytesMax)) {
    if (row->first == keep) {
      ++row;
      continue;
    }
    drop(row++);
    ++dropped;
  }
  return dropped;
}

Reassembler::Outcome Reassembler::handle_fragment(Instant now, const FragmentFrame& fragment) {
  Outcome outcome;
  auto [entry, inserted] = rows_.try_emplace(fragment.id);
  Row& row = entry->second;
  if (inserted) {
    row.expires = now + kLifetime;
    row.pieces.resize(fragment.count);
    row.missing = fragment.count;
  }
  const bool agrees = row.pieces.size() == fragment.count;
  if (agrees && !row.pieces[fragment.index].empty()) return outcome;  // a repeat
  if (!agrees || row.bytes + fragment.bytes.size() > kRowSizeMax) {
    drop(entry);
    outcome.rows_dropped = 1;
    return outcome;
  }
  Bytes& piece = row.pieces[fragment.index];
  outcome.rows_dropped = make_room(fragment.bytes.size(), fragment.id);
  piece = copy_of(fragment.bytes);
  row.bytes += piece.size();
  bytes_ += piece.size();
  if (--row.missing > 0) return outcome;
  outcome.row.emplace();
  for (const Bytes& part : row.pieces) append(*outcome.row, part);
  drop(entry);
  return outcome;
}

size_t Reassembler::handle_timeout(Instant now) {
  size_t dropped = 0;
  for (auto row = rows_.begin(); row != rows_.end();) {
    if (row->second.expires > now) {
      ++row;
      continue;
    }
    drop(row++);
    ++dropped;
  }
  return dropped;
}

Instant Reassembler::next_timeout() const {
  Instant next = kNever;
  for (const auto& [id, row] : rows_) next = std::min(next, row.expires);
  return next;
}

}  // namespace starling::link
