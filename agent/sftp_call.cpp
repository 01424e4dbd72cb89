#include "agent/sftp_call.hpp"

#include "agent/file_fault.hpp"

namespace sallyport::agent {

net::Task<Result<void>> serve_operation(SftpCall& call) {
    using Kind = FileOperation::Kind;
    switch (call.operation.kind) {
        case Kind::read:
            return get_file(call);
        case Kind::list:
            return list_folder(call);
        case Kind::put:
            return put_file(call);
        case Kind::remove:
            return remove_file(call);
        case Kind::remove_folder:
            return remove_folder(call);
        case Kind::move:
            return move_file(call);
        case Kind::make_folder:
            break;
    }
    return make_folder(call);
}

void answer_empty(http::Answer& down, int status, http::Fields fields) {
    http::ResponseHead head;
    head.status = status;
    head.fields = fields;
    const bool bodiless = status == 204 || status == 304;
    head.body = bodiless ? http::BodySize{} : http::BodySize::exactly(0);
    down.start(head);
    down.finish();
}

Result<bool> answer_conditions(SftpCall& call, Access access,
                               const std::optional<FileVersion>& version) {
    switch (judge_conditions(call.head.fields, access, version)) {
        case Conditions::hold:
            return false;
        case Conditions::fail:
            return Error{FileFault::precondition, call.operation.path.text()};
        case Conditions::not_modified:
            break;
    }
    const auto etag = version->etag();
    const http::Field fields[] = {{"etag", etag}};
    answer_empty(call.down, 304, fields);
    return true;
}

}  // namespace sallyport::agent
