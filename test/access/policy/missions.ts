import { only, onlyWhole, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  listDelegates: onlyWhole(staff),
  registerDelegate: onlyWhole(staff),
  revokeDelegate: onlyWhole(staff),
  listMissions: onlyWhole(staff),
  getMission: onlyWhole(staff),
  updateMission: onlyWhole(staff),
  inviteMissions: only(staff),
  listInvitations: only(staff),
  getInvitationCoverage: only(staff),
  deliverInvitation: only(staff),
  listRegistrations: only([...staff, 'mission']),
  registerForRound: only([...staff, 'mission']),
  cancelRegistration: only([...staff, 'mission']),
  getAttendance: only(staff),
}
