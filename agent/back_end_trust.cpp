#include "agent/back_end_trust.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/sha256.hpp"
#include "net/tls_context.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport::agent {
namespace {

constexpr std::size_t trust_files_max = 1'000;
constexpr std::size_t trust_file_bytes_max = 1024 * 1024;

Error in(const std::string& what, const Error& error) {
    return {error.code, "[trust] " + what + ": " + error.detail};
}

/// What of `folder` is meant to be read, sorted; names with a dot in front are what editors and
/// mounts leave behind.
Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        if (entry->path().filename().native().starts_with('.')) continue;
        if (files.size() == trust_files_max)
            return Error{Errc::limit, folder.string() + " has more than 1000 files"};
        files.push_back(entry->path());
    }
    if (failure) return Error{failure, "read " + folder.string()};
    std::ranges::sort(files);
    return files;
}

/// Reads files, and remembers what all of them were.
class Reader {
public:
    Result<std::string> read(const std::filesystem::path& file, std::size_t bytes_max) {
        auto text = read_file(file, bytes_max);
        if (text) all_ += std::to_string(text->size()) + "\n" + *text;
        return text;
    }
    std::string digest() const {
        return all_.empty() ? std::string() : to_hex(certs::sha256(as_bytes(all_)));
    }

private:
    std::string all_;
};

}  // namespace

Result<BackEndTrust> BackEndTrust::load(const TrustConfig& config, certs::Time now) {
    BackEndTrust trust;
    Reader reader;
    const auto add = [&](const std::string& key,
                         const std::filesystem::path& file) -> Result<void> {
        const auto pem = reader.read(file, trust_file_bytes_max);
        if (!pem) return in(key, pem.error());
        auto read = certs::read_chain_pem(*pem);
        if (!read) return in(key, {read.error().code, file.string() + ": " + read.error().detail});
        std::ranges::move(*read, std::back_inserter(trust.anchors));
        return {};
    };
    if (!config.ca_file.empty())
        if (auto added = add("ca_file", config.ca_file); !added) return added.error();
    if (!config.ca_folder.empty()) {
        const auto files = files_of(config.ca_folder);
        if (!files) return in("ca_folder", files.error());
        for (const auto& file : *files)
            if (auto added = add("ca_folder", file); !added) return added.error();
        if (files->empty())
            trust.warnings.push_back("[trust] ca_folder: " + config.ca_folder.string() +
                                     " is empty");
    }
    auto lists = std::make_shared<certs::RevocationLists>();
    for (const auto& file : config.crl_files) {
        const auto text = reader.read(file, certs::revocation_list_bytes_max);
        if (!text) return in("crl_files", text.error());
        const auto added = lists->add(*text, trust.anchors);
        if (!added)
            return in("crl_files",
                      {added.error().code, file.string() + ": " + added.error().detail});
    }
    for (const auto& fault : lists->faults(now))
        trust.warnings.push_back("[trust] crl_files: " + fault);
    trust.revoked = std::move(lists);
    trust.digest = reader.digest();
    return trust;
}

Result<std::shared_ptr<const net::TlsContext>> BackEndTrust::context(
    std::span<const mappings::Pin> pins) const {
    net::BackEndClientOptions options;
    options.anchors = anchors;
    options.revoked = revoked;
    options.pins.assign(pins.begin(), pins.end());
    return net::TlsContext::back_end_client(options);
}

}  // namespace sallyport::agent
