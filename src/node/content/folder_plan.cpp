#include "node/content/folder_plan.h"

#include "content/name_rules.h"

namespace starling::node {

using content::Manifest;
using content::ManifestEntry;
using Kind = ContentFailure::Kind;

std::expected<void, ContentFailure> FolderPlan::add(const std::string& path,
                                                    const crypto::BlobId& blob, bool executable) {
  Place place;
  std::string_view left = path;
  for (size_t slash = left.find('/'); slash != std::string_view::npos; slash = left.find('/')) {
    const std::string name = content::normal_name(left.substr(0, slash));
    if (auto claimed = claim(place, name, /*is_folder=*/true, path); !claimed) return claimed;
    place.push_back(name);
    left.remove_prefix(slash + 1);
  }
  const std::string name = content::normal_name(left);
  if (auto claimed = claim(place, name, /*is_folder=*/false, path); !claimed) return claimed;
  auto& entries = folders_[place].manifest.entries;
  if (entries.size() >= Manifest::kEntriesMax)
    return std::unexpected(ContentFailure{Kind::too_many_files});
  entries.push_back(
      {name, executable ? ManifestEntry::Kind::executable : ManifestEntry::Kind::file, blob});
  return {};
}

std::expected<void, ContentFailure> FolderPlan::claim(const Place& place, const std::string& name,
                                                      bool is_folder, const std::string& path) {
  if (content::fault_of_name(name) != content::NameFault::none)
    return std::unexpected(ContentFailure{Kind::bad_name, path});
  auto& names = folders_[place].names;
  // A folder is a name with a slash, so that it is never taken for a file.
  const std::string claimed = is_folder ? name + "/" : name;
  const auto [entry, is_new] = names.try_emplace(content::folded_name(name), claimed);
  if (is_new || (is_folder && entry->second == claimed)) return {};
  return std::unexpected(ContentFailure{Kind::same_name, path});
}

std::expected<std::optional<Bytes>, ContentFailure> FolderPlan::take_deepest() {
  if (folders_.empty()) return std::nullopt;
  auto deepest = folders_.extract(folders_.begin());
  taken_ = deepest.key();
  Bytes bytes = encode(std::move(deepest.mapped().manifest));
  if (bytes.size() > Manifest::kSizeMax)
    return std::unexpected(ContentFailure{Kind::too_many_files});
  return bytes;
}

void FolderPlan::set_blob(const crypto::BlobId& blob) {
  if (taken_.empty()) {
    root_ = crypto::FolderId{blob};
    return;
  }
  const std::string name = taken_.back();
  taken_.pop_back();
  folders_[taken_].manifest.entries.push_back({name, ManifestEntry::Kind::folder, blob});
}

}  // namespace starling::node
