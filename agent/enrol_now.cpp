// An enrolment as a command does it.
#include "agent/enrolment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"

#include <istream>
#include <iterator>

namespace sallyport::agent {
namespace {

net::Task<void> enrol_into(net::Loop& loop, net::BlockingPool& pool, const certs::JoinToken& token,
                           const EnrolmentWay& way, const std::filesystem::path& folder,
                           std::optional<Result<Enrolled>>& out) {
    out.emplace(co_await enrol(loop, pool, token, way, folder));
}

}  // namespace

Result<certs::JoinToken> read_join_token(std::istream& in, const std::string& file) {
    if (file == "-")
        return certs::JoinToken::parse(
            Secret(std::string(std::istreambuf_iterator<char>(in), {})).reveal());
    auto text = read_file(file, certs::join_token_bytes_max);
    if (!text) return text.error();
    return certs::JoinToken::parse(Secret(std::move(*text)).reveal());
}

EnrolmentWay way_of(const Config& config, const certs::JoinToken& token) {
    const auto* hub = &config.hubs.front();
    for (const auto& known : config.hubs)
        if (known.url == token.hub_url) {
            hub = &known;
            break;
        }
    return {hub->url, hub->proxy, hub->proxy_credentials_file, config.enrolment};
}

Result<Enrolled> enrol_now(const certs::JoinToken& token, const EnrolmentWay& way,
                           const std::filesystem::path& identity_folder) {
    std::optional<Result<Enrolled>> enrolled;
    net::Loop loop;
    {
        net::BlockingPool pool(1);
        net::TaskGroup tasks(loop);
        tasks.spawn("enroll", enrol_into(loop, pool, token, way, identity_folder, enrolled));
        loop.io.run();
    }
    if (!enrolled) return Error{Errc::failed, "the enrolment did not end"};
    return std::move(*enrolled);
}

}  // namespace sallyport::agent
