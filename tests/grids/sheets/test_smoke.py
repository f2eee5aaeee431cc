import io, pytest, openpyxl
from django.db import connection
from grids import services
from grids.models import *
from grids.sheets import kinds
pytestmark=pytest.mark.django_db(transaction=True)
def test_x(cast):
    wb=openpyxl.Workbook(); ws=wb.active
    ws.append(["网格信息表"]); ws.append(["编码","名称","户数","手机","备注"])
    ws.append([1.50105e11,"x",3]); ws.append(["１５０１０５００１００９ ","新社区",3, "13800000000", "b"]); ws.append(["1501050010090001","楼",None]); ws.append(["150105001001","健康小区"]); ws.append(["注：abc"])
    f=io.BytesIO(); wb.save(f)
    si=services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="a.xlsx", file=f)
    services.check_sheet(pk=si.pk); si.refresh_from_db(); print(si.status, si.problem, si.counts, si.layout)
    for r in si.rows.all(): print(r.number,r.outcome,r.label,r.values,r.before,r.problems,r.remarks,r.cells)
    ws["A3"]="150105003"; f=io.BytesIO(); wb.save(f)
    si=services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="a.xlsx", file=f)
    services.check_sheet(pk=si.pk); si.refresh_from_db(); print(si.status, si.problem, si.counts)
    services.confirm_sheet(actor=cast.admin, sheet_import=si); services.apply_sheet(pk=si.pk); si.refresh_from_db(); print(si.status, si.problem)
    print(Grid.objects.filter(name__in=["x","新社区","楼","健康小区"]))
    services.request_undo(actor=cast.admin, sheet_import=si); services.undo_sheet(pk=si.pk); si.refresh_from_db(); print(si.status, si.problem)
    wb=openpyxl.Workbook(); ws=wb.active
    ws.append(["代码","姓名","角色","用户名","任职时间"])
    ws.append(["150105001001","王磊","网格长",None,"2026/1/5"]); ws.append(["150105001001","王蕾","网格员"]); ws.append(["150105001002","王磊","民警"]); ws.append(["1501050010010001","王建国","网格长"]);ws.append(["1501050010010001","李秀英","网格员"])
    f=io.BytesIO(); wb.save(f)
    si=services.upload_sheet(actor=cast.admin, kind=kinds.find("posts"), file_name="a.xlsx", file=f)
    services.check_sheet(pk=si.pk); si.refresh_from_db(); print(si.status, si.problem, si.counts, si.layout)
    for r in si.rows.all(): print(r.number,r.outcome,r.label,r.values,r.before,r.problems,r.remarks)
    ws.delete_rows(6); f=io.BytesIO(); wb.save(f)
    si=services.upload_sheet(actor=cast.admin, kind=kinds.find("posts"), file_name="a.xlsx", file=f)
    services.check_sheet(pk=si.pk);
    services.confirm_sheet(actor=cast.admin, sheet_import=si); services.apply_sheet(pk=si.pk); si.refresh_from_db(); print(si.status, si.problem, si.created_users())
    services.request_undo(actor=cast.admin, sheet_import=si); services.undo_sheet(pk=si.pk); si.refresh_from_db(); print(si.status, si.problem)
