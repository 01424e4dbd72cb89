// Where the texts of the configuration come from.
#include "agent/config.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"

#include <algorithm>
#include <system_error>

namespace sallyport::agent {
namespace {

/// Files of mappings.d, and all files together.
constexpr std::size_t mapping_files_max = 1'024;
constexpr std::size_t config_bytes_max = std::size_t{16} * 1024 * 1024;

/// The *.toml of mappings.d, sorted; hidden files are what editors leave behind.
Result<std::vector<std::filesystem::path>> more_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    if (failure == std::errc::no_such_file_or_directory) return files;
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        const auto& path = entry->path();
        if (path.extension() != ".toml" || path.filename().native().starts_with('.')) continue;
        files.push_back(path);
        if (files.size() > mapping_files_max)
            return Error{Errc::limit, folder.string() + " holds more than " +
                                          std::to_string(mapping_files_max) +
                                          " files; put several mappings into one"};
    }
    if (failure) return Error{failure, "read " + folder.string()};
    std::ranges::sort(files);
    return files;
}

Error unreadable(Error error) {
    if (error.code == std::errc::no_such_file_or_directory)
        error.detail +=
            "; write the configuration there (docs/CONFIGURATION.md), or name another file with "
            "--config";
    return error;
}

}  // namespace

Result<Config> Config::load(const std::filesystem::path& file) {
    const auto documents = read(file);
    if (!documents) return documents.error();
    return parse(*documents);
}

Result<std::vector<std::filesystem::path>> Config::files(const std::filesystem::path& file) {
    const auto more = more_files(file.parent_path() / "mappings.d");
    if (!more) return more.error();
    std::vector<std::filesystem::path> all{file};
    all.insert(all.end(), more->begin(), more->end());
    return all;
}

Result<ConfigDocuments> Config::read(const std::filesystem::path& file) {
    const auto all = files(file);
    if (!all) return all.error();
    ConfigDocuments documents;
    std::size_t bytes = 0;
    for (const auto& path : *all) {
        auto text = read_config_file(path, config_file_bytes_max);
        if (!text) return unreadable(text.error());
        bytes += text->size();
        if (bytes > config_bytes_max)
            return Error{Errc::limit, "the files of the configuration have more than " +
                                          std::to_string(config_bytes_max) +
                                          " bytes together; too much from " + path.string() +
                                          " on"};
        documents.emplace_back(path.string(), std::move(*text));
    }
    return documents;
}

}  // namespace sallyport::agent
