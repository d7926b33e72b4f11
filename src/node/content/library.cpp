#include "node/content/library.h"

#include <algorithm>

namespace starling::node {

using content::ContentLink;
using content::ManifestEntry;
using Kind = ContentFailure::Kind;

Library::Library(env::Runtime& runtime, Mesh& mesh, SessionDriver& sessions,
                 const LibraryConfig& config)
    : runtime_(runtime),
      mesh_(mesh),
      config_(config),
      holders_(runtime, mesh),
      pool_({runtime, holders_, sessions}),
      manifests_(runtime, pool_),
      server_(runtime, sessions, config.serves_read),
      announcer_(runtime, mesh),
      sites_(runtime),
      pins_(runtime),
      heads_(runtime, mesh) {}

void Library::load(Done done) {
  sites_.load(lifetime_.guard([this, done](const auto& sites) {
    if (!sites) return done(std::unexpected(failure_of(sites.error())));
    pins_.load(lifetime_.guard([this, done](const auto& pins) {
      if (!pins) return done(std::unexpected(failure_of(pins.error())));
      heads_.load(lifetime_.guard([this, done](const auto& heads) {
        if (!heads) return done(std::unexpected(failure_of(heads.error())));
        announce_kept();
        sweep();
        done({});
      }));
    }));
  }));
}

void Library::announce_kept() {
  for (const auto& [name, site] : sites_.all()) {
    if (!site.head) continue;
    mesh_.directory().publish_signed(runtime_.now(), site.record());
    announcer_.keep(providers_of(site.head->folder.manifest));
  }
  for (const auto& [root, pin] : pins_.all()) announcer_.keep(providers_of(root));
  mesh_.pump();
}

// --- finding -----------------------------------------------------------------------------------------------

void Library::find(const ContentLink& link, FindDone done) {
  if (std::holds_alternative<crypto::SiteKey>(link.what))
    return find_in_site(link, std::move(done));
  auto descent = std::make_shared<Descent>();
  descent->path = link.path;
  descent->ends_with_slash = link.ends_with_slash;
  descent->done = std::move(done);
  if (const auto* folder = std::get_if<crypto::FolderId>(&link.what)) {
    descent->found.blob = folder->manifest;
    descent->found.providers = providers_of(folder->manifest);
    return descend(std::move(descent));
  }
  descent->found.blob = std::get<crypto::BlobId>(link.what);
  descent->found.providers = providers_of(descent->found.blob);
  runtime_.post([descent] { descent->done(descent->found); });
}

void Library::find_in_site(const ContentLink& link, FindDone done) {
  const auto key = std::get<crypto::SiteKey>(link.what);
  const auto enter = [this, link, done](const std::optional<KnownHead>& head) {
    if (!head) return done(std::unexpected(ContentFailure{Kind::site_unknown}));
    auto descent = std::make_shared<Descent>();
    descent->path = link.path;
    descent->ends_with_slash = link.ends_with_slash;
    descent->done = done;
    descent->found.site = head;
    descent->found.blob = head->head.folder.manifest;
    descent->found.providers = providers_of(descent->found.blob);
    descend(std::move(descent));
  };
  const Site* own = sites_.find(key);
  if (own && own->head) return enter(KnownHead{*own->head, own->sequence});
  heads_.find(key, lifetime_.guard(enter));
}

// Pre: found.blob is a folder's list.
void Library::descend(std::shared_ptr<Descent> descent) {
  manifests_.get(descent->found.blob, descent->found.providers,
                 lifetime_.guard([this, descent](auto manifest) {
                   if (!manifest) return descent->done(std::unexpected(manifest.error()));
                   enter(descent, std::move(*manifest));
                 }));
}

void Library::enter(const std::shared_ptr<Descent>& descent, ManifestPointer folder) {
  FoundContent& found = descent->found;
  if (descent->at == descent->path.size()) {
    found.folder = std::move(folder);
    return descent->done(std::move(found));
  }
  const std::string& name = descent->path[descent->at++];
  const ManifestEntry* entry = folder->find(name);
  if (!entry) return descent->done(std::unexpected(ContentFailure{Kind::not_there, name}));
  found.blob = entry->blob;
  found.name = name;
  if (entry->kind == ManifestEntry::Kind::folder) return descend(descent);
  if (descent->at < descent->path.size() || descent->ends_with_slash)
    return descent->done(std::unexpected(ContentFailure{Kind::not_a_folder, name}));
  found.executable = entry->kind == ManifestEntry::Kind::executable;
  descent->done(std::move(found));
}

std::unique_ptr<BlobReader> Library::read(const FoundContent& found) {
  return std::make_unique<BlobReader>(pool_, runtime_.blobs(), found.blob, found.providers);
}

void Library::handle_read(const crypto::Position& providers) {
  if (config_.serves_read) announcer_.read(providers);
}

// --- keeping -----------------------------------------------------------------------------------------------

void Library::publish_site(const std::string& name, content::SiteHead head, Done done) {
  std::optional<crypto::BlobId> before;
  if (const Site* site = sites_.find(name); site && site->head)
    before = site->head->folder.manifest;
  sites_.publish(name, std::move(head),
                 lifetime_.guard([this, name, before, done](const auto& committed) {
                   if (!committed) return done(std::unexpected(failure_of(committed.error())));
                   const Site& site = *sites_.find(name);
                   const crypto::BlobId& now = site.head->folder.manifest;
                   mesh_.directory().publish_signed(runtime_.now(), site.record());
                   announcer_.keep(providers_of(now));
                   mesh_.pump();
                   if (before && *before != now) {
                     if (!is_kept(*before)) announcer_.drop(providers_of(*before));
                     sweep();
                   }
                   done({});
                 }));
}

void Library::keep(const crypto::BlobId& root, Pin pin, Done done) {
  pins_.add(root, std::move(pin), lifetime_.guard([this, root, done](const auto& committed) {
    if (!committed) return done(std::unexpected(failure_of(committed.error())));
    announcer_.keep(providers_of(root));
    done({});
  }));
}

void Library::drop(const crypto::BlobId& root, Done done) {
  if (!pins_.all().contains(root)) {
    runtime_.post([done] { done(std::unexpected(ContentFailure{Kind::not_there})); });
    return;
  }
  pins_.remove(root, lifetime_.guard([this, root, done](const auto& committed) {
    if (!committed) return done(std::unexpected(failure_of(committed.error())));
    if (!is_kept(root)) announcer_.drop(providers_of(root));
    sweep();
    done({});
  }));
}

bool Library::is_kept(const crypto::BlobId& root) const {
  return pins_.all().contains(root) || std::ranges::any_of(sites_.all(), [&](const auto& entry) {
           return entry.second.head && entry.second.head->folder.manifest == root;
         });
}

// --- letting go --------------------------------------------------------------------------------------------

void Library::hold_sweeps() {
  ++holds_;
  if (std::exchange(sweeping_, nullptr)) sweep_wanted_ = true;
}

void Library::release_sweeps() {
  if (--holds_ == 0 && sweep_wanted_) sweep();
}

void Library::sweep() {
  sweep_wanted_ = holds_ > 0;
  if (sweep_wanted_) return;
  PinSweep::Kept kept;
  for (const auto& [name, site] : sites_.all()) {
    if (site.head) kept.folders.push_back(site.head->folder.manifest);
  }
  for (const auto& [root, pin] : pins_.all())
    (pin.is_folder ? kept.folders : kept.files).push_back(root);
  // What was kept when the last one began may not be kept now.
  sweeping_ = std::make_unique<PinSweep>(runtime_, manifests_, std::move(kept),
                                         [this] { sweeping_.reset(); });
}

}  // namespace starling::node
